// The web page under `/_triton-local/`: a rendering of the same events as the screen, and a form to try what is served.
// It gets everything from its own origin, and every text of others goes into the document as text.
import { Connection } from './connection.ts';
import { byId } from './dom.ts';
import { PageModel } from './page-model.ts';
import { TryView } from './try/try-view.ts';
import { Charts } from './watch/charts.ts';
import { LogView } from './watch/log.ts';
import { ModelsTable } from './watch/models.ts';
import { Notice } from './watch/notice.ts';
import { Overview } from './watch/overview.ts';
import { Reloads } from './watch/reloads.ts';
import { RequestsTable } from './watch/requests.ts';

/** The page is drawn at most this often. */
const FRAME_MS = 100;
/** In a flood, drawing takes at most this share of the time. */
const MOST_SHARE = 0.2;
/** Uptime and charts change without events. */
const IDLE_MS = 1_000;

const VIEWS = ['watch', 'try'] as const;

class Page {
  readonly #model = new PageModel();
  readonly #notice = new Notice();
  readonly #overview = new Overview(this.#notice);
  readonly #charts = new Charts();
  readonly #models = new ModelsTable(this.#notice);
  readonly #log = new LogView(this.#model);
  readonly #requests = new RequestsTable((id) => this.#log.search(id));
  readonly #reloads = new Reloads();
  readonly #try = new TryView();
  #isConnected = false;
  #isDue = false;
  #drawnAt = 0;
  #tookMs = 0;

  start(): void {
    new Connection({
      onState: (state) => {
        this.#model.adopt(state);
        this.#model.requestVersion += 1;
        this.#schedule();
      },
      onEvent: (event) => {
        this.#model.receive(event);
        this.#schedule();
      },
      onConnected: (isConnected) => {
        this.#isConnected = isConnected;
        this.#schedule();
      },
    });
    window.addEventListener('hashchange', () => this.#showView());
    this.#showView();
    setInterval(() => this.#schedule(), IDLE_MS);
  }

  #schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const pause = Math.max(FRAME_MS, this.#tookMs / MOST_SHARE);
    const wait = Math.max(0, this.#drawnAt + pause - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#draw()), wait);
  }

  #draw(): void {
    this.#isDue = false;
    this.#drawnAt = performance.now();
    const now = Date.now();
    this.#overview.show(this.#model, this.#isConnected, now);
    this.#charts.show(this.#model, now);
    this.#models.show(this.#model);
    this.#reloads.show(this.#model);
    this.#log.show();
    this.#try.show(this.#model);
    const again = this.#requests.show(this.#model, performance.now());
    this.#tookMs = performance.now() - this.#drawnAt;
    if (again) this.#schedule();
  }

  /** The view that the address names; the first if it names none. */
  #showView(): void {
    const named = location.hash.slice(1);
    const shown = VIEWS.find((view) => view === named) ?? VIEWS[0];
    for (const view of VIEWS) {
      byId(view, HTMLElement).hidden = view !== shown;
      const link = byId(`nav-${view}`, HTMLAnchorElement);
      if (view === shown) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }
}

new Page().start();
