import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Asks a question that is answered by `y` or `n`; an empty line and the end of the input are no. */
export async function askYesNo(question: string, input: Readable, output: Writable): Promise<boolean> {
  output.write(`${question} [y/N] `);
  // The terminal itself echoes and edits; Ctrl+C ends us as it does any program.
  const lines = createInterface({ input, terminal: false });
  const answer = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  return /^\s*y(?:es)?\s*$/i.test(answer);
}
