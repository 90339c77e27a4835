import { readFileSync } from 'node:fs';
import path from 'node:path';
import { requestText } from '../../../unit/scoring/raw-http.ts';
import type { Allowance } from './allowed.ts';

/** One request as it goes over the wire, and how the two answers may differ. */
export interface Case {
  readonly name: string;
  readonly bytes: string;
  /** The sender ends its side after the last byte. */
  readonly halfClose?: boolean;
  readonly differs?: Allowance;
}

/** Requests that are asked of both servers with the same script and settings. */
export interface Group {
  readonly name: string;
  /** A file of `scripts/`. */
  readonly script: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Files beside the script, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}

export const JSON_TYPE = 'Content-Type: application/json';

export function get(target: string, extra: readonly string[] = []): string {
  return requestText('GET', target, extra);
}

/** A POST that always declares its length: without it, the real server reads until the caller disconnects. */
export function post(target: string, body = '', extra: readonly string[] = []): string {
  return requestText('POST', target, body === '' ? ['Content-Length: 0', ...extra] : extra, body);
}

/** Cases by name. */
export function table(
  rows: Readonly<Record<string, string>>,
  differs: Readonly<Record<string, Allowance>> = {},
): Case[] {
  return Object.entries(rows).map(([name, bytes]) => {
    const allowance = differs[name];
    return { name, bytes, ...(allowance && { differs: allowance }) };
  });
}

export function scriptText(script: string): string {
  return readFileSync(path.join(import.meta.dirname, '..', 'scripts', script), 'utf8');
}

/** The keys of the script's tables: each is something that `run()` can be asked to do. */
export function kindsOf(script: string): string[] {
  return [...scriptText(script).matchAll(/^ {4}"([^"]+)":/gm)].map(([, kind = '']) => kind);
}
