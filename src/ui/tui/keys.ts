import type { Key } from 'ink';

/** What a key does. */
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
        | 'open'
        | 'suspend'
        | 'escape'
        | 'repaint';
    }
  | { readonly kind: 'scroll'; readonly lines: number }
  | { readonly kind: 'page'; readonly pages: number }
  | { readonly kind: 'start' | 'end' };

/** Whether leaving the screen stops the emulator or only detaches from it. */
export type LeaveMeans = 'stop' | 'detach';

export interface KeyHelp {
  readonly key: string;
  readonly short: string;
  readonly does: string;
}

/** The keys for `?` and the footer. The footer shows as many as fit, the most useful first, and always help. */
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
  { key: 'r', short: 'reload', does: 'reload what has changed' },
  { key: 'd', short: 'details', does: 'show problems, models and reasons in full' },
  { key: 'w', short: 'pause', does: 'ignore saves, or follow them again' },
  { key: 'p', short: 'pin', does: 'send the last request again after each reload, or stop that' },
  { key: '↑↓', short: 'scroll', does: 'scroll the log (PgUp, PgDn by pages; Home: oldest; End: follow)' },
  { key: 'l', short: 'long lines', does: 'wrap long log lines, or truncate them' },
  { key: 'f', short: 'filter', does: 'show all lines, warnings and errors, errors only' },
  { key: '/', short: 'search', does: 'show only lines that contain a text; Esc shows all again' },
  { key: 'c', short: 'clear', does: 'clear the log' },
  { key: 'o', short: 'open', does: 'open the web page in the browser' },
  { key: 'k', short: 'key', does: 'show the access key and copy it, or hide it' },
  { key: '^L', short: 'repaint', does: 'redraw the whole screen' },
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
  return ACTIONS.get(input.toLowerCase());
}

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['q', { kind: 'leave', exitCode: 0 }],
  ['r', { kind: 'reload' }],
  ['w', { kind: 'toggle-watching' }],
  ['p', { kind: 'toggle-pin' }],
  ['d', { kind: 'details' }],
  ['l', { kind: 'long-lines' }],
  ['k', { kind: 'key' }],
  ['o', { kind: 'open' }],
  ['f', { kind: 'cycle-level' }],
  ['/', { kind: 'search' }],
  ['c', { kind: 'clear' }],
  ['?', { kind: 'help' }],
  ['h', { kind: 'help' }],
]);
