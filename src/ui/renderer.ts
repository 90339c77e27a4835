import type { Control } from '../control/index.ts';

/** A screen over a running emulator. It sees events and `Control`, nothing else. */
export interface Renderer extends AsyncDisposable {
  /** Resolves when the user asked to leave (`q`, Ctrl+C on the screen); never for renderers without keys. */
  readonly left: Promise<void>;
}

export interface RendererOptions {
  readonly control: Control;
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly color: boolean;
}
