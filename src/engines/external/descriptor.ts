import { systemError } from '../../base/index.ts';
import { BoundedEngine } from '../bounded-engine.ts';
import type { EngineDescriptor, EnginePlan } from '../descriptor.ts';
import { behindGateway } from '../gateway-front.ts';
import { ExternalEngine } from './engine.ts';

/** A Triton that is not ours. */
export const externalDescriptor: EngineDescriptor = {
  kind: 'external',
  modelsRun: 'elsewhere',
  gpus: 'ignored',
  planChosen({ external: { url } }) {
    if (url !== undefined) return plan(url);
    throw systemError('ENGINE_UNAVAILABLE', 'the external engine needs the URL of a running Triton', {
      hint: 'add --triton-url http://HOST:8000',
    });
  },
};

function plan(url: string): EnginePlan {
  return {
    kind: 'external',
    reason: `the Triton at ${url}`,
    make(context) {
      const { config, models, events } = context;
      const { grpcUrl, metricsUrl, headers, ca, cert, certKey } = config.external;
      const { tritonArgs } = config.engine;
      if (tritonArgs.length > 0) {
        const text = `--triton-arg has no effect (${tritonArgs.join(' ')}): the external engine starts no Triton`;
        events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
      }
      const engine = new ExternalEngine({
        url,
        grpcUrl,
        metricsUrl,
        headers,
        tlsFiles: { ca, cert, key: certKey },
        hasLocalModels: models.length > 0,
        events,
      });
      // The server reads a repository of its own, so there is nothing to bring up to date.
      return behindGateway(new BoundedEngine(engine, config.start.timeoutMs), {
        ...context,
        sync: undefined,
      });
    },
  };
}
