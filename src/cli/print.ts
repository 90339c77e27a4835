import { write } from '../base/index.ts';

// Not in `ui`: help and usage errors are printed without loading the renderers, which take a third of the start.

export function print(text: string): void {
  write(process.stdout, text);
}

export function printError(text: string): void {
  write(process.stderr, text);
}
