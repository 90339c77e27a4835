export type RendererKind = 'tui' | 'plain' | 'json';

export interface Terminal {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
  /** Whether a build server runs us. */
  readonly ci: boolean;
  /** Whether the terminal can only print (`TERM=dumb`), or a screen reader reads what is printed. */
  readonly dumb?: boolean;
}

/**
 * Which renderer to start. `auto` takes the screen only where somebody can watch it and press keys; a screen that was
 * asked for by name still needs both ends to be terminals, else its keys and frames would go astray.
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
