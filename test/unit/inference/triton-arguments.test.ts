import { describe, expect, it } from 'vitest';
import { readTritonArguments } from '../../../src/inference/triton-arguments.ts';

describe("arguments of Triton's command line", () => {
  it('are read as Triton reads them', () => {
    const settings = readTritonArguments([
      '--http-max-input-size=100',
      '--http-restricted-api=health,model-config:X-Key=a=b',
      '--allow-client-shm=OFF',
      '--log-info=0',
      '--log-verbose=2',
      '--log-format=ISO8601',
      '--exit-on-error=True',
      '--strict-readiness=false',
      '--load-model=a',
      '--load-model=b',
      '--cache-config=local,size=1048576',
      '--cache-directory=/opt/tritonserver/caches',
      '--rate-limit=execution_count',
      '--rate-limit-resource=R:4:0',
    ]);
    expect(settings).toMatchObject({
      maxInputBytes: 100,
      clientSharedMemory: false,
      log: { log_info: false, log_warning: true, log_verbose_level: 2, log_format: 'ISO8601' },
      exitOnError: true,
      strictReadiness: false,
      loadModels: ['a', 'b'],
      cacheBytes: 1_048_576,
      resources: new Map([['R', 4]]),
      notServed: [],
    });
    expect(settings.restricted.get('live')).toEqual({ header: 'X-Key', value: 'a=b' });
    expect(settings.restricted.get('infer')).toBeUndefined();
  });

  it('that are not served are named', () => {
    const { notServed } = readTritonArguments([
      '--cache-config=redis,host=x',
      '--model-namespacing=true',
      'x',
    ]);
    expect(notServed).toEqual(['--cache-config=redis,host=x', '--model-namespacing=true', 'x']);
  });

  it('of gRPC are read, with those that forward header fields', () => {
    const { grpc, forwardedHeaders, notServed } = readTritonArguments([
      '--grpc-infer-response-compression-level=medium',
      '--grpc-keepalive-time=100',
      '--grpc-http2-max-pings-without-data=0',
      '--grpc-max-connection-age=5000',
      '--grpc-use-ssl-mutual=1',
      '--grpc-server-cert=server.pem',
      '--grpc-server-key=server.key',
      '--grpc-root-cert=clients.pem',
      '--http-header-forward-pattern=(?-i)X-(?P<name>.*)',
      '--grpc-header-forward-pattern=X-',
    ]);
    expect(grpc).toMatchObject({
      responseCompression: 'medium',
      connection: {
        keepaliveMs: 100,
        keepaliveTimeoutMs: 20_000,
        permitWithoutCalls: false,
        minPingIntervalMs: 300_000,
        maxPingStrikes: 2,
        maxAgeMs: 5_000,
        maxAgeGraceMs: undefined,
      },
      tls: { cert: 'server.pem', key: 'server.key', clientRoot: 'clients.pem' },
    });
    expect(['X-own', 'x-own'].map((name) => forwardedHeaders.http?.test(name))).toEqual([true, false]);
    expect(['not-X-own', 'x-own', 'y'].map((name) => forwardedHeaders.grpc?.test(name))).toEqual([
      true,
      true,
      false,
    ]);
    expect(notServed).toEqual([]);
  });

  it('of TLS have no effect without the one that turns it on', () => {
    expect(readTritonArguments(['--grpc-server-cert=a', '--grpc-server-key=b']).grpc.tls).toBeUndefined();
  });

  it('load everything where * is among the models', () => {
    expect(readTritonArguments(['--load-model=a', '--load-model=*']).loadModels).toBeUndefined();
  });

  it.each([
    ['--http-max-input-size=0', /wants a whole number of at least 1, and was given '0'/],
    ['--http-max-input-size=1k', /was given '1k'/],
    ['--strict-readiness=maybe', /wants true or false, and was given 'maybe'/],
    ['--http-restricted-api=health', /wants CATEGORY:HEADER=VALUE/],
    ['--http-restricted-api=helth:a=b', /wants one of health, metadata.* was given 'helth'/],
    ['--cache-config=local,size=big', /wants local,size=BYTES/],
    ['--rate-limit=yes', /wants execution_count or off/],
    ['--rate-limit-resource=R', /wants NAME:COUNT:DEVICE/],
    [
      '--grpc-infer-response-compression-level=max',
      /wants one of none, low, medium, high, and was given 'max'/,
    ],
    ['--grpc-keepalive-time=1s', /wants a whole number of at least 0, and was given '1s'/],
    ['--grpc-use-ssl=true', /--grpc-server-cert wants a file in PEM/],
    ['--http-header-forward-pattern=(', /wants a regular expression/],
    ['--grpc-header-forward-pattern=^(?!x)', /wants a regular expression without look-arounds/],
    ['--grpc-header-forward-pattern=[[:alpha:]]', /classes by name/],
    ['--log-format=json', /wants default or ISO8601/],
  ])('%s is refused', (argument, problem) => {
    expect(() => readTritonArguments([argument])).toThrow(problem);
  });
});
