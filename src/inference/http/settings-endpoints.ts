import type { ServerResponse } from 'node:http';
import {
  asBoolean,
  asString,
  asUnsigned,
  internal,
  invalidArgument,
  isObject,
  type JsonObject,
  type JsonValue,
  notFound,
  readJson,
  unavailable,
  unsupported,
} from '../../kserve/index.ts';
import { answerEmpty, answerJson } from './answer.ts';
import type { Route } from './route.ts';

/** What `GET /v2/logging` shows. Our own log does not obey it: it answers so that clients that set it go on. */
export class LogSettings {
  #settings = {
    log_file: '',
    log_info: true,
    log_warning: true,
    log_error: true,
    log_verbose_level: 0,
    log_format: 'default',
  };

  answer(method: string, body: Buffer, response: ServerResponse): void {
    if (method === 'POST') this.#update(readSettings(body));
    answerJson(response, this.#settings);
  }

  #update(given: JsonObject): void {
    const next = { ...this.#settings };
    for (const [key, value] of given) {
      const context = `Unable to parse '${key}': `;
      if (key === 'log_file')
        throw unsupported('log file location can not be updated through network protocol');
      if (key === 'log_info' || key === 'log_warning' || key === 'log_error')
        next[key] = asBoolean(value, context);
      if (key === 'log_verbose_level') next.log_verbose_level = asUnsigned(value, context);
      if (key === 'log_format') next.log_format = logFormat(asString(value, context));
    }
    this.#settings = next;
  }
}

function logFormat(format: string): string {
  if (format === 'default' || format === 'ISO8601') return format;
  throw unavailable(`invalid argument for --log_format, got: ${format}`);
}

/** What `GET /v2/trace/setting` shows; nothing is traced. */
export class TraceSettings {
  readonly #defaults = {
    trace_level: ['OFF'],
    trace_rate: '1000',
    trace_count: '-1',
    log_frequency: '0',
    trace_file: '',
    trace_mode: 'triton',
  };
  #settings = { ...this.#defaults };

  answer(method: string, body: Buffer, response: ServerResponse): void {
    if (method === 'POST') this.#update(readSettings(body));
    answerJson(response, this.#settings);
  }

  #update(given: JsonObject): void {
    const next = { ...this.#settings };
    for (const [key, value] of given) {
      if (key === 'trace_file')
        throw unsupported('trace file location can not be updated through network protocol');
      if (key === 'trace_level') next.trace_level = traceLevels(value) ?? this.#defaults.trace_level;
      if (key === 'trace_rate' || key === 'trace_count' || key === 'log_frequency')
        next[key] = traceNumber(key, value) ?? this.#defaults[key];
    }
    this.#settings = next;
  }
}

function traceLevels(value: JsonValue): string[] | undefined {
  if (value === null) return undefined;
  if (!Array.isArray(value))
    throw internal("Unable to parse 'trace_level': attempt to access JSON non-array as array");
  return value.map((level) => asString(level, "Unable to parse 'trace_level': "));
}

function traceNumber(key: string, value: JsonValue): string | undefined {
  if (value === null) return undefined;
  const text = asString(value, `Unable to parse '${key}': `);
  if (!/^-?\d+$/.test(text)) throw invalidArgument(`Unable to parse '${key}', got: ${text}`);
  return text;
}

function readSettings(body: Buffer): JsonObject {
  const value = readJson(body.toString('latin1'));
  if (!isObject(value)) throw internal('attempt to get members for non-object');
  return value;
}

/** Shared memory is not offered: regions cannot be registered, so there are none. */
export function sharedMemory(route: Route, response: ServerResponse): void {
  const kind = route.scope;
  if (route.endpoint === 'shared-memory-register')
    throw unsupported(
      "Client shared memory is disabled. Start the server with '--allow-client-shm=true' to enable.",
    );
  if (route.endpoint === 'shared-memory-unregister') {
    answerEmpty(response, 200, 'application/json');
    return;
  }
  if (route.name !== '') throw notFound(`Unable to find ${kind} shared memory region: '${route.name}'`);
  answerJson(response, []);
}
