import { userError } from '../base/index.ts';

/** Triton's flags that triton-local sets itself, with what to use instead. */
const OWNED: Readonly<Record<string, string>> = {
  'http-port': 'use --http-port',
  'http-address': 'use --host',
  'grpc-port': 'use --grpc-port',
  'grpc-address': 'use --host',
  'metrics-port': 'use --metrics-port',
  'metrics-address': 'use --host',
  'allow-http': 'triton-local reaches the engine over HTTP',
  'allow-grpc': 'its port is set by --grpc-port',
  'allow-metrics': 'its port is set by --metrics-port',
  'reuse-http-port': 'use --http-port',
  'reuse-grpc-port': 'use --grpc-port',
  'model-repository': 'use --models',
  'model-store': 'use --models',
  'model-control-mode': 'use --model-control-mode',
  'repository-poll-secs': 'saved changes are reloaded anyway',
};

/**
 * Arguments for `tritonserver`: one per flag, a list in YAML, or a variable that separates them by spaces or line breaks.
 * @returns each as `--name=value`, or as `--name` if it has no value, in the given order.
 */
export function tritonArguments(raw: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(raw)
    ? raw
    : String(raw)
        .split(/\r?\n|(?<=\S)\s+(?=--)/)
        .filter((word) => word.trim() !== '');
  return Object.freeze(words.map((word) => argument(String(word).trim())));
}

function argument(word: string): string {
  const match = /^(?:--)?([a-z][a-z0-9-]*)(?:[=\s]\s*([\s\S]*))?$/.exec(word);
  const [, name = '', value] = match ?? [];
  if (!match) throw userError('CONFIG_INVALID', "must be one of Triton's flags, as --NAME=VALUE");
  const instead = OWNED[name];
  if (instead !== undefined)
    throw userError('CONFIG_INVALID', `cannot set --${name}, which triton-local sets itself: ${instead}`);
  return value === undefined ? `--${name}` : `--${name}=${value}`;
}
