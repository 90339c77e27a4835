import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** Maximum length of a line; a longer one ends with an ellipsis and the number of omitted characters. */
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
/** Control characters except tabs and colour escapes, and characters that reverse the text direction. */
const CONTROL = new RegExp(`(?![\\t${ESC}])\\p{Cc}|[\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069]`, 'gu');
/** A colour sequence that was cut off. */
const BROKEN_SGR = new RegExp(`${ESC}[^m]*$`);
const RESET = `${ESC}[0m`;
const PLAIN = /^[ -~]*$/;

/**
 * Makes a foreign line safe to show: keeps colours (unless `color` is false) and resets them at the end, removes every
 * other control sequence and character, expands tabs, and keeps only the last state of a rewritten progress bar.
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

/** Cuts a long line and appends the number of omitted characters. */
function bounded(text: string, length: number): string {
  if (text.length <= MAX_CHARACTERS) return text;
  const note = (room: number) => `… (${length - MAX_CHARACTERS + room} more characters)`;
  const end = note(note(0).length);
  return text.slice(0, MAX_CHARACTERS - end.length).replace(BROKEN_SGR, '') + end;
}

/** The part that a terminal shows of a line that rewrote itself, as progress bars do. */
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

/** The number of terminal columns of a text, without its colours. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** The text in at most `width` columns, with an ellipsis if it was cut; colours are closed. */
export function cut(text: string, width: number): string {
  // Most texts are ASCII and need no measuring: the log is cut thousands of times a second.
  if (PLAIN.test(text)) {
    if (text.length <= width) return text;
    return width < 1 ? '' : `${text.slice(0, width - 1)}…`;
  }
  // `cli-truncate` keeps a wide character that only half fits; with a column less it leaves it out.
  for (let room = width; ; room -= 1) {
    const short = cliTruncate(text, room);
    if (widthOf(short) <= Math.max(0, width)) return short;
  }
}

/** The text as lines of at most `width` columns, the first of at most `first`, broken at spaces where possible. */
export function wrap(text: string, first: number, width: number): string[] {
  const indent = Math.max(0, width - first);
  const placeholder = indent === 0 ? '' : `${'x'.repeat(indent - 1)} `;
  const [start = '', ...rest] = wrapAnsi(placeholder + text, width, { hard: true, trim: true }).split('\n');
  return [start.slice(indent), ...rest];
}
