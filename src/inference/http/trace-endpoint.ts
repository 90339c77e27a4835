import type { ServerResponse } from 'node:http';
import { asArray, asString, isObject, type JsonValue, readJson, unsupported } from '../../kserve/index.ts';
import {
  TRACE_FILE_REFUSED,
  TRACE_NUMBERS,
  type TraceChange,
  type TraceCountTexts,
  type TraceSettings,
  traceLevels,
  traceNumber,
} from '../trace-settings.ts';
import { answerJson } from './answer.ts';

/** `GET` and `POST` of the trace settings. @param model empty for the server's */
export function traceSettingsOverHttp(
  settings: TraceSettings,
  model: string,
  method: string,
  body: Buffer,
  response: ServerResponse,
): void {
  if (method === 'POST') settings.change(model, readChange(readJson(body.toString('latin1'))));
  answerJson(response, settings.shown(model));
}

function readChange(root: JsonValue): TraceChange {
  const given = (key: string) => (isObject(root) ? root.get(key) : undefined);
  if (given('trace_file') !== undefined) throw unsupported(TRACE_FILE_REFUSED);
  const change: Record<string, string | readonly string[] | null> = {};
  const level = given('trace_level');
  if (level !== undefined)
    change.trace_level =
      level === null ? null : traceLevels(asArray(level, '').map((word) => asString(word, '')));
  for (const key of TRACE_NUMBERS) {
    const value = given(key);
    if (value === undefined) continue;
    change[key] = value === null ? null : traceNumber(key, asString(value, ''), COUNT_TEXTS);
  }
  return change;
}

const COUNT_TEXTS: TraceCountTexts = { least: -(2 ** 31), show: (_text, number) => String(number) };
