import { invalidArgument } from '../../kserve/index.ts';
import { refuseRepositoryName } from '../repository-api.ts';
import { cString } from './c-string.ts';
import type { UnaryMethods } from './methods.ts';
import { decodeMessage, encodeMessage } from './service-proto.ts';

/** `parameter_choice` names the field that the client set; undefined where it set none. */
interface RepositoryParameter {
  readonly parameter_choice?: 'bool_param' | 'int64_param' | 'string_param' | 'bytes_param';
  readonly string_param: string;
  readonly bytes_param: Uint8Array;
}

interface RepositoryModelRequest {
  readonly repository_name: string;
  readonly model_name: string;
  readonly parameters: Readonly<Record<string, RepositoryParameter>>;
}

export const REPOSITORY_METHODS: UnaryMethods = {
  RepositoryIndex: {
    endpoint: 'index',
    async answer({ repository }, request) {
      const { repository_name, ready } = decodeMessage<{ repository_name: string; ready: boolean }>(
        'RepositoryIndexRequest',
        request,
      );
      refuseRepositoryName(repository_name);
      return encodeMessage('RepositoryIndexResponse', { models: await repository.index(ready) });
    },
  },
  RepositoryModelLoad: {
    endpoint: 'load',
    async answer({ repository }, request) {
      const { repository_name, model_name, parameters } = decodeMessage<RepositoryModelRequest>(
        'RepositoryModelRequest',
        request,
      );
      refuseRepositoryName(repository_name);
      await repository.load(cString(model_name), readOverride(parameters));
      return NOTHING;
    },
  },
  RepositoryModelUnload: {
    endpoint: 'unload',
    async answer({ repository }, request) {
      const { repository_name, model_name, parameters } = decodeMessage<RepositoryModelRequest>(
        'RepositoryModelRequest',
        request,
      );
      refuseRepositoryName(repository_name);
      const dependents = parameters.unload_dependents;
      if (dependents && dependents.parameter_choice !== 'bool_param')
        throw invalidArgument("invalid value type for 'unload_dependents' parameter, expected bool_param.");
      await repository.unload(cString(model_name));
      return NOTHING;
    },
  },
};

const NOTHING = new Uint8Array(0);

/** What a load puts in place of the files: `config` as text, `file:PATH` as bytes. @throws KServeError for others */
function readOverride(
  parameters: RepositoryModelRequest['parameters'],
): ReadonlyMap<string, string | Uint8Array> {
  const override = new Map<string, string | Uint8Array>();
  for (const [key, parameter] of Object.entries(parameters)) {
    if (key === 'config') {
      if (parameter.parameter_choice !== 'string_param') throw wrongType(key, 'string_param');
      override.set(key, parameter.string_param);
    } else if (key.startsWith('file:')) {
      if (parameter.parameter_choice !== 'bytes_param') throw wrongType(key, 'bytes_param');
      override.set(key, parameter.bytes_param);
    } else throw invalidArgument(`unrecognized load parameter '${key}'.`);
  }
  return override;
}

function wrongType(key: string, expected: string): Error {
  return invalidArgument(`invalid value type for load parameter '${key}', expected ${expected}.`);
}
