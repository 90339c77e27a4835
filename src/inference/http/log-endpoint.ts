import type { ServerResponse } from 'node:http';
import {
  asBoolean,
  asString,
  asUnsigned,
  isObject,
  type JsonValue,
  readJson,
  unavailable,
  unsupported,
} from '../../kserve/index.ts';
import { isLogFormat, LOG_FILE_REFUSED, type LogSettings } from '../log-settings.ts';
import { answerJson } from './answer.ts';

/** `GET` and `POST /v2/logging`. */
export function logSettingsOverHttp(
  settings: LogSettings,
  method: string,
  body: Buffer,
  response: ServerResponse,
): void {
  if (method === 'POST') update(settings, readJson(body.toString('latin1')));
  answerJson(response, settings.shown);
}

/** In Triton's order; what comes before a mistake is set all the same. */
function update(settings: LogSettings, root: JsonValue): void {
  const given = (key: string) => (isObject(root) ? (root.get(key) ?? undefined) : undefined);
  if (given('log_file') !== undefined) throw unsupported(LOG_FILE_REFUSED);
  for (const key of ['log_info', 'log_warning', 'log_error'] as const) {
    const value = given(key);
    if (value !== undefined) settings.change({ [key]: asBoolean(value, '') });
  }
  const level = given('log_verbose_level');
  if (level !== undefined) settings.change({ log_verbose_level: asUnsigned(level, '') });
  const format = given('log_format');
  if (format !== undefined) settings.change({ log_format: logFormat(asString(format, '')) });
}

function logFormat(format: string): string {
  if (isLogFormat(format)) return format;
  throw unavailable(`invalid argument for --log_format, got: ${format}`);
}
