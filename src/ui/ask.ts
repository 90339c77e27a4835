import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Asks a yes-or-no question; an empty line and the end of input mean no. */
export async function askYesNo(question: string, input: Readable, output: Writable): Promise<boolean> {
  output.write(`${question} [y/N] `);
  // The terminal itself echoes and edits; Ctrl+C ends the program as usual.
  const lines = createInterface({ input, terminal: false });
  const answer = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  return /^\s*y(?:es)?\s*$/i.test(answer);
}
