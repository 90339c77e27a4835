import { beginsTraceback, endsTraceback } from '../events/index.ts';

/** The place of a SyntaxError has no `in`. */
const FRAME = /^\s+File "(.+)", line \d+(?:, in |$)/;
/** Files that a user did not write: installed packages, Python's own library, what starts the script. */
const LIBRARY =
  /[\\/](?:site|dist)-packages[\\/]|[\\/]lib[\\/]python3\.\d+[\\/]|^[A-Z]:.*[\\/]Lib[\\/]|^<frozen |[\\/](?:dist|python)[\\/]harness[\\/]/;

/**
 * The lines of a log entry, without the frames of libraries in its tracebacks, but for the one in which the exception
 * was raised. An entry holds each of its tracebacks whole.
 */
export function foldTracebacks(text: string): string[] {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const shown: string[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    shown.push(line);
    if (!beginsTraceback(line)) continue;
    const length = lines.slice(index + 1).findIndex(endsTraceback);
    const end = length < 0 ? lines.length : index + 1 + length;
    shown.push(...foldFrames(lines.slice(index + 1, end)));
    index = end - 1;
  }
  return shown;
}

/** Frames with what belongs to each; those of libraries are counted, but for the last. */
function foldFrames(lines: readonly string[]): string[] {
  const frames: string[][] = [];
  for (const line of lines) {
    if (FRAME.test(line) || frames.length === 0) frames.push([line]);
    else frames.at(-1)?.push(line);
  }
  const shown: string[] = [];
  let skipped = 0;
  const countSkipped = () => {
    if (skipped > 0) shown.push(`  (${skipped} library frame${skipped === 1 ? '' : 's'} left out)`);
    skipped = 0;
  };
  for (const [index, frame] of frames.entries()) {
    const file = FRAME.exec(frame[0] ?? '')?.[1];
    if (file !== undefined && LIBRARY.test(file) && index < frames.length - 1) {
      skipped += 1;
      continue;
    }
    countSkipped();
    shown.push(...frame);
  }
  return shown;
}
