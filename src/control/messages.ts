import { type SourceLocation, systemError, TritonLocalError, toTritonLocalError } from '../base/index.ts';
import type { EmulatorEvent } from '../events/index.ts';
import { VERB_NAMES, VERBS, type VerbName } from './contract.ts';

/** Raised when terminals and emulators of different versions could misunderstand each other. */
export const PROTOCOL_VERSION = 1;

/** A verb of the contract by its name on the socket, or what concerns the connection itself: its events, its user. */
export type Method = (typeof VERBS)[VerbName]['method'] | 'subscribe' | 'unsubscribe' | 'join';

const METHODS: readonly Method[] = [
  ...VERB_NAMES.map((name) => VERBS[name].method),
  'subscribe',
  'unsubscribe',
  'join',
];

/** A line from the terminal. */
export interface Request {
  readonly id: number;
  readonly method: Method;
  readonly argument: string | undefined;
}

/** An error as sent over the socket, without its cause and stack. */
export interface ErrorData {
  readonly code: string;
  readonly kind: 'user' | 'system';
  readonly message: string;
  readonly hint?: string;
  readonly location?: SourceLocation;
}

/** A line from the emulator: the greeting, which comes first; the answer to a request; or an event. */
export type Reply =
  | { readonly v: number; readonly pid: number }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorData }
  | { readonly event: EmulatorEvent };

/** Maximum length of a terminal's line, and of an emulator's: a state with thousands of models fits. */
export const MAX_REQUEST_BYTES = 64 * 1024;
export const MAX_REPLY_BYTES = 16 * 1024 * 1024;

/** @throws CONTROL_BAD_REQUEST */
export function parseRequest(line: string): Request {
  const value = parseObject(line);
  const { id, method, argument } = value ?? {};
  const known = METHODS.find((name) => name === method);
  if (typeof id !== 'number' || !known || (argument !== undefined && typeof argument !== 'string'))
    throw systemError('CONTROL_BAD_REQUEST', 'a line on the control socket is not a request');
  return { id, method: known, argument };
}

/** The reply in a line, its shape checked; undefined if it is not a reply. Results are passed on unchecked. */
export function parseReply(line: string): Reply | undefined {
  const value = parseObject(line);
  if (!value) return undefined;
  const { v, pid, id, error, event } = value;
  if (typeof v === 'number' && typeof pid === 'number') return { v, pid };
  if (typeof event === 'object' && event !== null) return { event: event as EmulatorEvent };
  if (typeof id !== 'number') return undefined;
  if (typeof error === 'object' && error !== null) return { id, error: error as ErrorData };
  return { id, result: value.result };
}

export function toErrorData(thrown: unknown): ErrorData {
  const { code, kind, message, hint, location } = toTritonLocalError(thrown);
  return { code, kind, message, ...(hint && { hint }), ...(location && { location }) };
}

export function fromErrorData({ code, kind, message, hint, location }: ErrorData): TritonLocalError {
  return new TritonLocalError(code, kind, message, { ...(hint && { hint }), ...(location && { location }) });
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
