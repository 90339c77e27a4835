export type RendererKind = 'tui' | 'plain' | 'json';

export interface Terminal {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
  /** Whether we run on a CI server. */
  readonly ci: boolean;
  /** Whether the terminal can only print (`TERM=dumb`) or a screen reader is in use. */
  readonly dumb?: boolean;
}

/**
 * Chooses the renderer. `auto` uses the screen only if a person can see it and press keys; even an explicit `tui` needs
 * terminals for both input and output.
 */
export function selectUi(
  mode: 'auto' | RendererKind,
  { stdin, stdout, ci, dumb = false }: Terminal,
): RendererKind {
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true;
  if (mode === 'tui') return isTerminal && !dumb ? 'tui' : 'plain';
  if (mode !== 'auto') return mode;
  return isTerminal && !ci && !dumb ? 'tui' : 'plain';
}
