import { userError } from '../base/index.ts';

/** Triton's flags that the product sets itself, with what a user sets in their place. */
const OWNED: Readonly<Record<string, string>> = {
  'http-port': 'use --http-port',
  'http-address': 'use --host',
  'grpc-port': 'use --grpc-port',
  'grpc-address': 'use --host',
  'metrics-port': 'use --metrics-port',
  'metrics-address': 'use --host',
  'allow-http': 'the engine is reached over HTTP',
  'allow-grpc': 'its port is --grpc-port',
  'allow-metrics': 'its port is --metrics-port',
  'reuse-http-port': 'use --http-port',
  'reuse-grpc-port': 'use --grpc-port',
  'model-repository': 'use --models',
  'model-store': 'use --models',
  'model-control-mode': 'use --model-control-mode',
  'repository-poll-secs': 'changes are reloaded as they are saved',
};

/**
 * Arguments for `tritonserver`: one a flag, a list in YAML, or a variable with spaces or line breaks between them.
 * @returns each as `--name=value`, or `--name` where it has no value, in the order given.
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
