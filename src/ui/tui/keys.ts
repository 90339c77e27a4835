import type { Key } from 'ink';

/** What a key asks for. */
export type Action =
  | { readonly kind: 'leave'; readonly exitCode: number }
  | {
      readonly kind:
        | 'reload'
        | 'toggle-watching'
        | 'toggle-pin'
        | 'cycle-level'
        | 'search'
        | 'clear'
        | 'help'
        | 'details'
        | 'long-lines'
        | 'key'
        | 'suspend'
        | 'escape'
        | 'repaint';
    }
  | { readonly kind: 'scroll'; readonly lines: number }
  | { readonly kind: 'page'; readonly pages: number }
  | { readonly kind: 'start' | 'end' };

/** What leaving the screen does to the emulator. */
export type LeaveMeans = 'stop' | 'detach';

export interface KeyHelp {
  readonly key: string;
  readonly short: string;
  readonly does: string;
}

/** Shown by `?`, and the source of the footer, which shows as many as fit: the most useful first, help always. */
export function keyHelp(leaveMeans: LeaveMeans): readonly KeyHelp[] {
  return [leaveMeans === 'stop' ? QUIT : DETACH, ...KEYS];
}

const QUIT: KeyHelp = { key: 'q', short: 'quit', does: 'quit: stop everything (Ctrl+C too)' };
const DETACH: KeyHelp = {
  key: 'q',
  short: 'detach',
  does: 'detach: leave this screen; the emulator keeps running (Ctrl+C too)',
};

const KEYS: readonly KeyHelp[] = [
  { key: 'r', short: 'reload', does: 'read the project again and reload what differs' },
  { key: 'd', short: 'details', does: 'show problems, models and reasons in full' },
  { key: 'w', short: 'pause', does: 'take no notice of saves, or follow them again' },
  { key: 'p', short: 'pin', does: 'send the last request again after each reload, or no more' },
  { key: '↑↓', short: 'scroll', does: 'scroll the log (PgUp, PgDn by pages; Home: oldest; End: follow)' },
  { key: 'l', short: 'long lines', does: 'wrap long log lines, or cut them' },
  { key: 'f', short: 'filter', does: 'show all lines, warnings and errors, errors only' },
  { key: '/', short: 'search', does: 'show only lines with a text; Esc shows all again' },
  { key: 'c', short: 'clear', does: 'empty the log' },
  { key: 'k', short: 'key', does: 'show the access key and copy it, or hide it' },
  { key: '^L', short: 'repaint', does: 'paint the whole screen again' },
  { key: '^Z', short: 'suspend', does: 'suspend, as in any program (fg returns)' },
  { key: '?', short: 'help', does: 'show or hide this' },
];

const CTRL_C = 130;

/** The action for a key press outside the search line; keys work with Caps Lock too. */
export function actionFor(input: string, key: Key): Action | undefined {
  if (key.ctrl) {
    if (input === 'c') return { kind: 'leave', exitCode: CTRL_C };
    if (input === 'z') return { kind: 'suspend' };
    return input === 'l' ? { kind: 'repaint' } : undefined;
  }
  if (key.upArrow) return { kind: 'scroll', lines: -1 };
  if (key.downArrow) return { kind: 'scroll', lines: 1 };
  if (key.pageUp) return { kind: 'page', pages: -1 };
  if (key.pageDown) return { kind: 'page', pages: 1 };
  if (key.home) return { kind: 'start' };
  if (key.end) return { kind: 'end' };
  if (key.escape) return { kind: 'escape' };
  switch (input.toLowerCase()) {
    case 'q':
      return { kind: 'leave', exitCode: 0 };
    case 'r':
      return { kind: 'reload' };
    case 'w':
      return { kind: 'toggle-watching' };
    case 'p':
      return { kind: 'toggle-pin' };
    case 'd':
      return { kind: 'details' };
    case 'l':
      return { kind: 'long-lines' };
    case 'k':
      return { kind: 'key' };
    case 'f':
      return { kind: 'cycle-level' };
    case '/':
      return { kind: 'search' };
    case 'c':
      return { kind: 'clear' };
    case '?':
    case 'h':
      return { kind: 'help' };
    default:
      return undefined;
  }
}
