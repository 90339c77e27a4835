import { invalidArgument, unsupported } from '../../kserve/index.ts';
import { isLogFormat, LOG_FILE_REFUSED, type LogSettings } from '../log-settings.ts';
import {
  TRACE_FILE_REFUSED,
  TRACE_NUMBERS,
  type TraceChange,
  type TraceCountTexts,
  traceLevels,
  traceNumber,
} from '../trace-settings.ts';
import { cString } from './c-string.ts';
import type { UnaryMethods } from './methods.ts';
import { decodeMessage, encodeMessage } from './service-proto.ts';

interface TraceRequest {
  readonly settings: Readonly<Record<string, { readonly value: readonly string[] }>>;
  readonly model_name: string;
}

/** `parameter_choice` names the field that the client set; undefined where it set none. */
interface LogValue {
  readonly parameter_choice?: 'bool_param' | 'uint32_param' | 'string_param';
  readonly bool_param: boolean;
  readonly uint32_param: number;
  readonly string_param: string;
}

export const SETTINGS_METHODS: UnaryMethods = {
  TraceSetting: {
    endpoint: 'trace',
    answer({ models, traceSettings }, request) {
      const { settings, model_name } = decodeMessage<TraceRequest>('TraceSettings', request);
      const model = cString(model_name);
      if (model !== '' && models.readyVersions(model).length === 0)
        throw invalidArgument(`Request for unknown model : ${model}`);
      if (Object.keys(settings).length > 0) traceSettings.change(model, readTraceChange(settings));
      const shown = Object.entries(traceSettings.shown(model));
      return encodeMessage('TraceSettings', {
        settings: Object.fromEntries(
          shown.map(([key, value]) => [key, { value: typeof value === 'string' ? [value] : value }]),
        ),
      });
    },
  },
  LogSettings: {
    endpoint: 'logging',
    answer({ logSettings }, request) {
      const { settings } = decodeMessage<{ settings: Readonly<Record<string, LogValue>> }>(
        'LogSettings',
        request,
      );
      changeLog(logSettings, settings);
      const shown = Object.entries(logSettings.shown);
      return encodeMessage('LogSettings', {
        settings: Object.fromEntries(shown.map(([key, value]) => [key, encodeLogValue(value)])),
      });
    },
  },
};

const COUNT_TEXTS: TraceCountTexts = { least: -1, show: (text) => ` ${text}` };

function readTraceChange(settings: TraceRequest['settings']): TraceChange {
  if (settings.trace_file) throw unsupported(TRACE_FILE_REFUSED);
  const change: Record<string, string | readonly string[] | null> = {};
  const level = settings.trace_level?.value;
  if (level) change.trace_level = level.length === 0 ? null : traceLevels(level);
  for (const key of TRACE_NUMBERS) {
    const values = settings[key]?.value;
    if (!values) continue;
    const [text] = values;
    if (values.length > 1) throw invalidArgument(`expect only 1 value for '${key}'`);
    change[key] = text === undefined ? null : traceNumber(key, text, COUNT_TEXTS);
  }
  return change;
}

/** In Triton's order; what comes before a mistake is set all the same. */
function changeLog(logSettings: LogSettings, settings: Readonly<Record<string, LogValue>>): void {
  if (settings.log_file) throw unsupported(LOG_FILE_REFUSED);
  for (const key of ['log_info', 'log_warning', 'log_error'] as const) {
    const value = settings[key];
    if (!value) continue;
    if (value.parameter_choice !== 'bool_param') throw invalidArgument(`expect boolean for '${key}'`);
    logSettings.change({ [key]: value.bool_param });
  }
  const level = settings.log_verbose_level;
  if (level) {
    if (level.parameter_choice !== 'uint32_param')
      throw invalidArgument("expect int32 for 'log_verbose_level'");
    logSettings.change({ log_verbose_level: level.uint32_param });
  }
  const format = settings.log_format;
  if (!format) return;
  if (format.parameter_choice !== 'string_param') throw invalidArgument("expect string for 'log_format'");
  if (!isLogFormat(format.string_param))
    throw invalidArgument(`invalid argument for log_format, got: ${format.string_param}`);
  logSettings.change({ log_format: format.string_param });
}

function encodeLogValue(value: string | number | boolean): object {
  if (typeof value === 'boolean') return { bool_param: value };
  return typeof value === 'number' ? { uint32_param: value } : { string_param: value };
}
