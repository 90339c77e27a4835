/** What the environment says about the terminal. */
export interface TerminalFacts {
  readonly ci: boolean;
  readonly color: boolean;
  readonly dumb: boolean;
  /** Whether a screen reader is in use (`INK_SCREEN_READER`): it needs plain lines instead of a screen. */
  readonly screenReader: boolean;
}

/**
 * Reads `CI`, `NO_COLOR`, `FORCE_COLOR`, `TERM` and `INK_SCREEN_READER`. `isTerminal` says whether stdout is a
 * terminal.
 */
export function terminalFacts(
  isTerminal: boolean,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): TerminalFacts {
  const forced = variables.FORCE_COLOR !== undefined && variables.FORCE_COLOR !== '0';
  const dumb = variables.TERM === 'dumb';
  return {
    ci: variables.CI !== undefined && variables.CI !== '' && variables.CI !== 'false',
    color: !variables.NO_COLOR && (forced || (isTerminal && !dumb)),
    dumb,
    screenReader: !['', 'false', '0'].includes(variables.INK_SCREEN_READER ?? ''),
  };
}
