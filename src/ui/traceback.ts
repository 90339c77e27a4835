import { beginsTraceback, endsTraceback } from '../events/index.ts';

/** A frame; that of a SyntaxError has no `in`. */
const FRAME = /^\s+File "(.+)", line \d+(?:, in |$)/;
/** Files not written by the user: installed packages, Python's library, our harness. */
const LIBRARY =
  /[\\/](?:site|dist)-packages[\\/]|[\\/]lib[\\/]python3\.\d+[\\/]|^[A-Z]:.*[\\/]Lib[\\/]|^<frozen |[\\/](?:dist|python)[\\/]harness[\\/]/;

/**
 * The lines of a log entry without library frames in its tracebacks, except the frame that raised the exception. Each
 * traceback is complete within its entry.
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

/** Groups lines into frames and replaces library frames, except the last frame, by their count. */
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
