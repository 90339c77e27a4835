import type { Key } from 'ink';
import { messageOf } from '../../base/index.ts';
import type { Control } from '../../control/index.ts';
import { type LogLevel, waitsForImage } from '../../events/index.ts';
import { pageUrl } from '../format.ts';
import type { Leaving } from '../renderer.ts';
import { type Action, actionFor } from './keys.ts';
import type { ScreenModel } from './screen-model.ts';

export interface KeyHandlerParts {
  readonly model: ScreenModel;
  readonly control: Control;
  readonly leave: (leaving: Leaving) => void;
  /** The number of rows of the help or the details. */
  readonly overlayRows: () => number;
  /** Makes the next frame write every row. */
  readonly repaint: () => void;
  /** Restores the terminal and stops the process until it is continued. */
  readonly suspend: () => void;
  /** Puts a text on the clipboard. */
  readonly copy: (text: string) => void;
  /** Opens an address in the browser. */
  readonly open: (url: string) => Promise<void>;
}

const NEXT_LEVEL: Readonly<Record<LogLevel, LogLevel>> = {
  debug: 'warning',
  info: 'warning',
  warning: 'error',
  error: 'debug',
};
const MAX_TYPED = 200;

/** Carries out the actions of keys. */
export class KeyHandler {
  readonly #parts: KeyHandlerParts;
  #reloading = false;

  constructor(parts: KeyHandlerParts) {
    this.#parts = parts;
  }

  /** Handles one read of Ink: a key, or several characters that were pasted or typed faster than they were read. */
  press(input: string, key: Key): void {
    const { model } = this.#parts;
    const isCharacters = !key.ctrl && !key.meta;
    const characters = isCharacters && input.length > 1 ? [...input] : [input];
    for (const character of characters) {
      if (model.typed !== undefined && !(key.ctrl && input === 'c')) {
        this.#type(character, key);
        continue;
      }
      model.notice = undefined;
      const action = actionFor(character, key);
      if (action) this.#perform(action);
    }
  }

  #perform(action: Action): void {
    const { model, repaint, suspend } = this.#parts;
    const { view } = model;
    switch (action.kind) {
      case 'leave':
        this.#leave(action.exitCode);
        return;
      case 'reload':
        void this.#reload();
        return;
      case 'toggle-watching':
        void this.#attempt(() => this.#toggleWatching());
        return;
      case 'toggle-pin':
        void this.#attempt(() => this.#togglePin());
        return;
      case 'scroll':
        this.#scroll(action.lines);
        return;
      case 'page':
        this.#scroll(action.pages * Math.max(1, this.#contentHeight() - 1));
        return;
      case 'start':
        if (model.pane === 'log') view.toStart(this.#contentHeight());
        else model.paneOffset = 0;
        return;
      case 'end':
        if (model.pane === 'log') view.follow();
        else this.#scroll(Number.POSITIVE_INFINITY);
        return;
      case 'cycle-level':
        view.filter = { ...view.filter, level: NEXT_LEVEL[view.filter.level] };
        return;
      case 'search':
        model.typed = view.filter.text;
        model.pane = 'log';
        return;
      case 'clear':
        model.logs.clear();
        view.follow();
        return;
      case 'help':
        model.toggle('help');
        return;
      case 'details':
        model.toggle('details');
        return;
      case 'long-lines':
        model.wrapsLog = !model.wrapsLog;
        return;
      case 'key':
        void this.#toggleKey();
        return;
      case 'open':
        void this.#attempt(() => this.#openPage());
        return;
      case 'suspend':
        suspend();
        return;
      case 'escape':
        if (model.pane !== 'log') {
          model.pane = 'log';
          return;
        }
        if (waitsForImage(model.state)) {
          model.notice = { text: 'going on with what is on this machine', isError: false };
          void this.#attempt(() => this.#parts.control.skipDownload());
        }
        if (view.filter.text !== '') view.filter = { ...view.filter, text: '' };
        return;
      case 'repaint':
        repaint();
        return;
      default:
        action satisfies never;
    }
  }

  #scroll(lines: number): void {
    const { model, overlayRows } = this.#parts;
    if (model.pane === 'log') {
      model.view.scroll(lines, this.#contentHeight());
      return;
    }
    const last = Math.max(0, overlayRows() - this.#contentHeight());
    model.paneOffset = Math.max(0, Math.min(last, model.paneOffset + lines));
  }

  /** Rows of the log or an overlay that are visible, below the rule. */
  #contentHeight(): number {
    return Math.max(0, this.#parts.model.paneHeight - 1);
  }

  async #toggleKey(): Promise<void> {
    const { model, control, copy } = this.#parts;
    if (model.shownKey !== undefined) {
      model.shownKey = undefined;
      return;
    }
    try {
      model.shownKey = await control.accessKey();
      if (model.shownKey !== undefined) copy(model.shownKey);
      model.notice =
        model.shownKey === undefined
          ? { text: 'no key is required (--auth key requires one)', isError: true }
          : { text: 'the key was sent to the clipboard of your terminal', isError: false };
    } catch (error) {
      model.notice = { text: messageOf(error), isError: true };
    }
    model.touchHead();
  }

  async #openPage(): Promise<void> {
    const { model, open } = this.#parts;
    const { scoringUri } = model.state;
    if (scoringUri === null) throw new Error('the web page opens once the scoring port is open');
    const url = pageUrl(scoringUri);
    await open(url);
    model.notice = { text: `opened ${url}`, isError: false };
    model.touchHead();
  }

  #type(input: string, key: Key): void {
    const { model } = this.#parts;
    const { view } = model;
    const typed = model.typed ?? '';
    if (key.return) {
      model.typed = undefined;
      return;
    }
    if (key.escape) {
      model.typed = undefined;
      view.filter = { ...view.filter, text: '' };
      return;
    }
    const isText = !key.ctrl && !key.meta && input !== '';
    const next =
      key.backspace || key.delete ? [...typed].slice(0, -1).join('') : isText ? typed + input : typed;
    model.typed = next.slice(0, MAX_TYPED);
    if (model.typed !== view.filter.text) view.filter = { ...view.filter, text: model.typed };
  }

  #leave(exitCode: number): void {
    const { model, leave } = this.#parts;
    // In raw mode Ctrl+C is only a character; the second one becomes the signal that users expect.
    if (model.isLeaving && exitCode !== 0) process.kill(process.pid, 'SIGINT');
    model.isLeaving = true;
    leave({ exitCode });
  }

  async #toggleWatching(): Promise<void> {
    const { model, control } = this.#parts;
    const mode = model.state.watching?.mode;
    if (mode === undefined || mode === 'off') {
      model.notice = { text: 'nothing is watched (--no-watch); r reloads', isError: true };
      return;
    }
    await (mode === 'paused' ? control.resume() : control.pause());
  }

  async #togglePin(): Promise<void> {
    const { model, control } = this.#parts;
    await (model.state.replay ? control.unpin() : control.pin());
  }

  /** Shows why a request to the emulator failed, for example because it was refused or the connection is gone. */
  async #attempt(task: () => Promise<void>): Promise<void> {
    const { model } = this.#parts;
    try {
      await task();
    } catch (error) {
      model.notice = { text: messageOf(error).split('\n', 1)[0] ?? '', isError: true };
      model.touchHead();
    }
  }

  async #reload(): Promise<void> {
    const { model, control } = this.#parts;
    if (this.#reloading) return;
    this.#reloading = true;
    const before = model.state.reload;
    model.notice = { text: 'reloading…', isError: false };
    try {
      await control.reload();
      const isSame = model.state.reload === before || model.state.reload?.actions.length === 0;
      model.notice = { text: isSame ? 'nothing had changed' : 'reloaded', isError: false };
    } catch (error) {
      model.notice = { text: `reload failed: ${messageOf(error).split('\n', 1)[0]}`, isError: true };
    } finally {
      this.#reloading = false;
      model.touchHead();
    }
  }
}
