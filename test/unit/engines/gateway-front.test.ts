import { expect, test } from 'vitest';
import type { EngineContext } from '../../../src/engines/descriptor.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { behindGateway } from '../../../src/engines/gateway-front.ts';

type Context = Parameters<typeof behindGateway>[1];

function front(kind: Engine['kind'], ...tritonArgs: readonly string[]) {
  const engine: Engine = { kind, start: () => Promise.reject(new Error('not started here')) };
  const config = {
    listen: { host: '127.0.0.1', httpPort: 0, grpcPort: 0, metricsPort: 0 },
    engine: { tritonArgs, modelControlMode: 'none' },
    origins: {},
  } as unknown as EngineContext['config'];
  const events: Context['events'] = { emit: () => undefined };
  return behindGateway(engine, { config, sync: undefined, events, requests: {} as Context['requests'] });
}

test.each(['--grpc-use-ssl=true', '--grpc-use-ssl', '--grpc-use-ssl-mutual=1'])('refuses %s', (argument) => {
  expect(() => front('native', '--http-thread-count=4', argument)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(argument) }),
  );
});

test.each(['--grpc-use-ssl=false', '--grpc-use-ssl=0', '--grpc-server-cert=server.pem'])(
  'takes %s',
  (argument) => {
    expect(front('docker', argument).kind).toBe('docker');
  },
);

test('leaves arguments alone that an external Triton never gets', () => {
  expect(front('external', '--grpc-use-ssl=true').kind).toBe('external');
});
