import stringWidth from 'string-width';

/** No log line needs more; a longer one ends with an ellipsis and the number of characters left out. */
const MAX_CHARACTERS = 4_096;
const TAB = 8;

const ESC = '\u001B';
const BEL = '\u0007';
const SGR = new RegExp(`^${ESC}\\[[0-9;:]*m$`);
/** Escape sequences: CSI, then strings (OSC, DCS, SOS, PM, APC) with their ends, then two-character ones. */
const SEQUENCE = new RegExp(
  `(?:${ESC}\\[|\\u009B)[0-?]*[ -/]*[@-~]|${ESC}[\\]PX^_][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\|$)|${ESC}[ -/]*[0-~]?`,
  'g',
);
/** Control characters but for tabs and the escapes of colours, and what turns the direction of text around. */
const CONTROL = new RegExp(`(?![\\t${ESC}])\\p{Cc}|[\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069]`, 'gu');
/** What is left of a colour that was cut in two. */
const BROKEN_SGR = new RegExp(`${ESC}[^m]*$`);
const RESET = `${ESC}[0m`;
const PLAIN = /^[ -~]*$/;
/** Made when first needed: it takes milliseconds of every start. */
let segmenter: Intl.Segmenter | undefined;

/**
 * Makes a line from elsewhere safe to show: colours stay (unless `color` is false) and end with the line, every other control sequence and
 * character goes, tabs become spaces, and of a line that a progress bar rewrote only the last state remains.
 */
export function sanitize(line: string, color: boolean): string {
  if (PLAIN.test(line)) return bounded(line, line.length);
  let text = afterLastReturn(line);
  const length = text.length;
  if (text.length > MAX_CHARACTERS * 2) text = text.slice(0, MAX_CHARACTERS * 2);
  text = text.replace(SEQUENCE, (sequence) => (color && SGR.test(sequence) ? sequence : ''));
  text = expandTabs(text.replace(CONTROL, ''));
  if (text.length > MAX_CHARACTERS) text = bounded(text, length);
  return text.includes(ESC) ? text + RESET : text;
}

/** A long line cut, with the number of characters that are missing. */
function bounded(text: string, length: number): string {
  if (text.length <= MAX_CHARACTERS) return text;
  const note = (room: number) => `… (${length - MAX_CHARACTERS + room} more characters)`;
  const end = note(note(0).length);
  return text.slice(0, MAX_CHARACTERS - end.length).replace(BROKEN_SGR, '') + end;
}

/** What a terminal shows of a line that was written over itself, as progress bars do. */
function afterLastReturn(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}

function expandTabs(text: string): string {
  const [first = '', ...parts] = text.split('\t');
  let expanded = first;
  let column = widthOf(first);
  for (const part of parts) {
    const space = TAB - (column % TAB);
    expanded += ' '.repeat(space) + part;
    column += space + widthOf(part);
  }
  return expanded;
}

/** How many terminal columns a text takes; colours take none. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** The text in at most `width` columns, with an ellipsis where something is missing; colours are closed. */
export function cut(text: string, width: number): string {
  if (PLAIN.test(text)) {
    if (text.length <= width) return text;
    return width < 1 ? '' : `${text.slice(0, width - 1)}…`;
  }
  return text.includes(ESC) || stringWidth(text) > width ? cutGraphemes(text, width) : text;
}

function cutGraphemes(text: string, width: number): string {
  const fits = widthOf(text) <= width;
  if (fits) return text.endsWith(RESET) ? text : text + RESET;
  if (width < 1) return '';
  let kept = '';
  let used = 0;
  let colored = false;
  for (const piece of text.split(new RegExp(`(${ESC}\\[[0-9;:]*m)`))) {
    if (piece.startsWith(ESC)) {
      kept += piece;
      colored = true;
      continue;
    }
    segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    for (const { segment } of segmenter.segment(piece)) {
      const segmentWidth = widthOf(segment);
      if (used + segmentWidth > width - 1) return `${kept}…${colored ? RESET : ''}`;
      kept += segment;
      used += segmentWidth;
    }
  }
  return kept;
}

/**
 * The text as lines of at most `width` columns, the first of at most `first`, broken at spaces where there are some.
 * For text without colours.
 */
export function wrap(text: string, first: number, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  for (;;) {
    const room = Math.max(1, lines.length === 0 ? first : width);
    if (widthOf(rest) <= room) return [...lines, rest];
    const end = endOfLine(rest, room);
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
    if (rest === '') return lines;
  }
}

/** Where a line of at most `width` columns ends: after its last space, or in the middle of a long word. */
function endOfLine(text: string, width: number): number {
  let end = 0;
  let used = 0;
  let space = 0;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text.slice(0, width * 4 + 16))) {
    used += widthOf(segment);
    if (used > width) {
      if (segment === ' ') return end;
      break;
    }
    end += segment.length;
    if (segment === ' ') space = end;
  }
  return space > end / 2 ? space : Math.max(end, 1);
}

/** The text cut or filled with spaces to exactly `width` columns. */
export function fitTo(text: string, width: number): string {
  const short = cut(text, width);
  return short + ' '.repeat(Math.max(0, width - widthOf(short)));
}
