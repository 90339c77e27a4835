/** The meaning of an error code. */
export interface ErrorEntry {
  /** Whether the user's input or the machine is at fault; `either` if it depends on the case. */
  readonly kind: 'user' | 'system' | 'either';
  /** The exit status of a command that ends with it. */
  readonly exit: number;
  readonly about: string;
  readonly remedy: string;
}

/** The codes of one topic. */
export type ErrorTopic = Readonly<Record<string, ErrorEntry>>;

const entry =
  (kind: ErrorEntry['kind']) =>
  (exit: number, about: string, remedy: string): ErrorEntry => ({ kind, exit, about, remedy });
export const user = entry('user');
export const system = entry('system');
export const either = entry('either');
