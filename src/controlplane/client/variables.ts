/** The variables of an environment; on Windows, their names have no case. */
export class Variables {
  readonly #values: Readonly<Record<string, string | undefined>>;
  readonly #isWindows: boolean;

  constructor(values: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform) {
    this.#values = values;
    this.#isWindows = platform === 'win32';
  }

  /** The name as the environment spells it, such as `Path`. */
  nameOf(name: string): string {
    if (!this.#isWindows || name in this.#values) return name;
    return Object.keys(this.#values).find((it) => it.toUpperCase() === name.toUpperCase()) ?? name;
  }

  /** Undefined if it is not set or empty. */
  get(name: string): string | undefined {
    return this.#values[this.nameOf(name)] || undefined;
  }

  /** Whether an empty value counts as set too. */
  has(name: string): boolean {
    return this.#values[this.nameOf(name)] !== undefined;
  }
}
