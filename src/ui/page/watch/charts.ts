import { formatDuration, formatRate } from '../../format.ts';
import { byId, el, setText } from '../dom.ts';
import type { PageModel } from '../page-model.ts';
import { type Second, WINDOW_SECONDS } from '../traffic.ts';

interface Line {
  /** A custom property of the style sheet with its colour. */
  readonly color: string;
  readonly label: string;
  valueOf(second: Second): number | null;
}

interface ChartOptions {
  readonly title: string;
  readonly lines: readonly Line[];
  format(value: number): string;
}

const CHARTS: readonly ChartOptions[] = [
  {
    title: 'Requests',
    lines: [
      { color: '--line-1', label: 'all', valueOf: ({ count }) => count },
      { color: '--line-error', label: 'failed', valueOf: ({ failed }) => failed },
    ],
    format: formatRate,
  },
  {
    title: 'Latency',
    lines: [
      { color: '--line-1', label: 'p50', valueOf: ({ p50 }) => p50 },
      { color: '--line-2', label: 'p95', valueOf: ({ p95 }) => p95 },
    ],
    format: formatDuration,
  },
  {
    title: 'Batch size',
    lines: [{ color: '--line-1', label: 'mean', valueOf: ({ batch }) => batch }],
    format: (value) => value.toFixed(1),
  },
];

const HEIGHT = 90;

/** Throughput, latency and batch size of the last two minutes. */
export class Charts {
  readonly #charts = CHARTS.map((options) => new Chart(options));
  #shownSecond = 0;

  constructor() {
    byId('charts', HTMLElement).append(...this.#charts.map(({ element }) => element));
    const redraw = () => {
      this.#shownSecond = 0;
    };
    window.addEventListener('resize', redraw);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  }

  /** Draws once a second: the last complete second is the newest shown. */
  show({ traffic }: PageModel, now: number): void {
    const second = Math.floor(now / 1_000);
    if (second === this.#shownSecond) return;
    this.#shownSecond = second;
    const seconds = traffic.seconds(now - 1_000);
    for (const chart of this.#charts) chart.draw(seconds);
  }
}

class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #canvas = el('canvas', { role: 'img' });
  readonly #legend = el('figcaption');

  constructor(options: ChartOptions) {
    this.#options = options;
    this.element = el('figure', {}, this.#legend, this.#canvas);
  }

  draw(seconds: readonly Second[]): void {
    const { title, lines, format } = this.#options;
    const values = lines.map((line) => seconds.map((second) => line.valueOf(second)));
    const newest = lines.map(({ label }, index) => {
      const value = values[index]?.findLast((one) => one !== null);
      return `${label} ${typeof value === 'number' ? format(value) : '–'}`;
    });
    const most = Math.max(0, ...values.flat().map((value) => value ?? 0));
    const text = `${title}: ${newest.join(', ')}${most > 0 ? ` (most ${format(most)})` : ''}`;
    setText(this.#legend, text);
    this.#canvas.setAttribute('aria-label', `${text}, over ${WINDOW_SECONDS} seconds`);
    const context = this.#prepare();
    if (!context) return;
    const style = getComputedStyle(this.#canvas);
    for (const [index, { color }] of lines.entries()) {
      context.strokeStyle = style.getPropertyValue(color);
      this.#stroke(context, values[index] ?? [], most);
    }
  }

  /** Empties the canvas, at the resolution of the display. */
  #prepare(): CanvasRenderingContext2D | null {
    const width = this.#canvas.clientWidth;
    const scale = window.devicePixelRatio;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(HEIGHT * scale);
    const context = this.#canvas.getContext('2d');
    if (!context || width === 0) return null;
    context.scale(scale, scale);
    context.lineWidth = 1.5;
    context.lineJoin = 'round';
    return context;
  }

  #stroke(context: CanvasRenderingContext2D, values: readonly (number | null)[], most: number): void {
    const step = this.#canvas.clientWidth / (WINDOW_SECONDS - 1);
    context.beginPath();
    let isOpen = false;
    for (const [index, value] of values.entries()) {
      if (value === null) {
        isOpen = false;
        continue;
      }
      const x = index * step;
      const y = HEIGHT - 2 - (most > 0 ? (value / most) * (HEIGHT - 6) : 0);
      if (isOpen) context.lineTo(x, y);
      // A single point is a short line.
      else context.moveTo(Math.max(0, x - 1), y);
      context.lineTo(x, y);
      isOpen = true;
    }
    context.stroke();
  }
}
