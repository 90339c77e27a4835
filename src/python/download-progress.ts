const MIN_BETWEEN_MS = 250;

/**
 * Turns pip's download output into readable lines: bytes, speed and time left if pip reports numbers
 * (`--progress-bar raw`, pip 24.1), otherwise the sizes that it names. Other lines are passed on.
 */
export class DownloadProgress {
  readonly #now: () => number;
  #file = '';
  #startedAt = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The line to show; undefined for a number that arrives too soon after the last one. */
  read(line: string): string | undefined {
    const [, file] = /^\s*Downloading (\S+)/.exec(line) ?? [];
    if (file !== undefined) {
      const name = file.split('/').at(-1) ?? file;
      // Package and version from a wheel's long name.
      this.#file = name.split('-').slice(0, 2).join(' ');
      this.#startedAt = this.#now();
      this.#reportedAt = Number.NEGATIVE_INFINITY;
      return line.replace(file, name);
    }
    const [, done, total] = /^Progress (\d+) of (\d+)/.exec(line) ?? [];
    if (done === undefined) return line;
    const now = this.#now();
    const isWhole = done === total;
    if (!isWhole && now - this.#reportedAt < MIN_BETWEEN_MS) return undefined;
    this.#reportedAt = now;
    return describe(this.#file, Number(done), Number(total), (now - this.#startedAt) / 1000);
  }
}

function describe(file: string, done: number, total: number, seconds: number): string {
  const share = total > 0 ? `${megabytes(done)} of ${megabytes(total)} MB` : `${megabytes(done)} MB`;
  const perSecond = seconds > 0 ? done / seconds : 0;
  if (perSecond === 0 || done >= total) return `${file}: ${share}`;
  const left = Math.ceil((total - done) / perSecond);
  return `${file}: ${share}, ${megabytes(perSecond)} MB/s, ${left} s left`;
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0);
