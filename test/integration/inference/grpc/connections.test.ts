import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Certificates, makeCertificates } from '../../../helpers/certificates.ts';
import { frame, GrpcConnection } from '../../../helpers/grpc-call.ts';
import { GrpcInterface, TRITON_SERVICE } from '../../../helpers/grpc-interface.ts';
import { grpcCallBytes } from '../../../helpers/http2-bytes.ts';
import { Http2Wire } from '../../../helpers/http2-wire.ts';
import { peerPython, runPython } from '../../../helpers/python.ts';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import {
  type RepositoryFiles,
  type SharedRepository,
  startOnSharedRepository,
} from '../fidelity/shared-repository.ts';
import { comparable } from './exchange.ts';
import { SCRIPTED_FILES, type Step } from './repositories/stream-models.ts';
import { steps } from './repositories/stream-scripts.ts';

if (!realTriton) skipLoudly('the comparison of gRPC connections with the real Triton');

const PLAIN_FILES = Object.fromEntries(
  Object.entries(SCRIPTED_FILES).filter(([file]) => file.startsWith('plain/')),
);
const INFER = `/${TRITON_SERVICE}/ModelInfer`;
const [NO_ERROR, ENHANCE_YOUR_CALM] = [0, 11];

describe.skipIf(!realTriton || !peerPython)('connections of gRPC beside the real Triton', () => {
  let grpc: GrpcInterface;
  let pair: SharedRepository;
  const marks = mkdtempSync(path.join(tmpdir(), 'triton-local-connections-'));
  let calls = 0;

  beforeAll(async () => {
    grpc = await GrpcInterface.ofRealClient();
  });
  afterAll(() => rmSync(marks, { recursive: true, force: true }));

  const onBoth = <T>(ask: (port: number) => Promise<T>): Promise<[real: T, ours: T]> =>
    Promise.all([ask(pair.realGrpcPort), ask(pair.ourGrpcPort)]);

  function startedWith(tritonArgs: () => readonly string[], files: RepositoryFiles = PLAIN_FILES): void {
    beforeAll(async () => {
      pair = await startOnSharedRepository(realTriton ?? '', files, 'none', tritonArgs());
    });
    afterAll(() => pair?.[Symbol.asyncDispose]());
  }

  const inference = (does: readonly Step[]) => frame(grpc.encode(INFER, steps('plain', does)));

  /** Starts a call that ends once `end` is called or, at the latest, after twenty seconds. */
  async function waitingCall(wire: Http2Wire): Promise<{ readonly end: () => void }> {
    calls += 1;
    const [begun, ended] = [`begun-${calls}`, `ended-${calls}`].map((name) => path.join(marks, name));
    wire.send(
      grpcCallBytes(INFER, inference([{ write: begun ?? '' }, { untilFile: ended ?? '' }, { send: [1] }])),
    );
    await vi.waitFor(() => expect(existsSync(begun ?? '')).toBe(true), 20_000);
    return { end: () => writeFileSync(ended ?? '', '') };
  }

  /** Pings until the connection is closed, at most so often. @returns how many were acknowledged, and how it ended */
  async function pinged(wire: Http2Wire, most: number, everyMs = 0) {
    for (let sent = 0; sent < most && !wire.isClosed; sent += 1) {
      await wire.ping();
      if (everyMs > 0) await sleep(everyMs);
    }
    if (wire.goaway) await wire.until(() => false);
    return { acknowledged: wire.count('PING', true), goaway: wire.goaway, isClosed: wire.isClosed };
  }

  describe('with the standard limits of pings', () => {
    startedWith(() => []);

    it('are ended by the fourth early ping of an idle client', async () => {
      const [real, ours] = await onBoth(async (port) => {
        using wire = new Http2Wire(port);
        return await pinged(wire, 10);
      });
      expect(ours).toEqual(real);
      expect(real).toEqual({
        acknowledged: 4,
        goaway: [ENHANCE_YOUR_CALM, 'too_many_pings'],
        isClosed: true,
      });
    });

    it('are ended by the same during a call', async () => {
      const [real, ours] = await onBoth(async (port) => {
        using wire = new Http2Wire(port);
        const call = await waitingCall(wire);
        // What the real server sends for its own purposes resets its count.
        const { goaway, isClosed } = await pinged(wire, 10);
        call.end();
        return { goaway, isClosed, heads: wire.count('HEADERS') };
      });
      expect(ours).toEqual(real);
      expect(real).toEqual({ goaway: [ENHANCE_YOUR_CALM, 'too_many_pings'], isClosed: true, heads: 1 });
    });

    it('take pings as often as they answer calls', async () => {
      const [real, ours] = await onBoth(async (port) => {
        using wire = new Http2Wire(port);
        for (let index = 0; index < 5; index += 1) {
          await pinged(wire, 3);
          wire.send(grpcCallBytes(INFER, inference([{ send: [1] }]), 2 * index + 1));
          await wire.until(() => wire.count('HEADERS') === 2 * (index + 1));
        }
        return await pinged(wire, 3);
      });
      expect(ours).toEqual(real);
      expect(real).toEqual({ acknowledged: 18, goaway: undefined, isClosed: false });
    });
  });

  describe('with limits of their own', () => {
    startedWith(() => [
      '--grpc-http2-min-recv-ping-interval-without-data=50',
      '--grpc-http2-max-ping-strikes=5',
      '--grpc-keepalive-time=300',
      '--grpc-keepalive-timeout=1000',
      '--grpc-keepalive-permit-without-calls=true',
    ]);

    it('take pings that are not early', async () => {
      const [real, ours] = await onBoth(async (port) => {
        using wire = new Http2Wire(port);
        return await pinged(wire, 10, 80);
      });
      expect(ours).toEqual(real);
      expect(real).toMatchObject({ goaway: undefined, isClosed: false });
    });

    it('count the early ones', async () => {
      const [real, ours] = await onBoth(async (port) => {
        using wire = new Http2Wire(port);
        const { goaway, isClosed } = await pinged(wire, 200);
        return { goaway, isClosed };
      });
      expect(ours).toEqual(real);
      expect(real).toEqual({ goaway: [ENHANCE_YOUR_CALM, 'too_many_pings'], isClosed: true });
    });

    it('stay open while the client acknowledges pings', async () => {
      await onBoth(async (port) => {
        using wire = new Http2Wire(port);
        await wire.until(() => wire.count('PING') === 4);
        expect(wire.isClosed).toBe(false);
      });
    });

    it('are closed when it does not', async () => {
      const [real, ours] = await onBoth(async (port) => {
        using wire = new Http2Wire(port, { acknowledges: false });
        await wire.until(() => false);
        return wire.count('PING');
      });
      expect([real, ours]).toEqual([1, 1]);
    });
  });

  describe('of limited age', () => {
    startedWith(() => ['--grpc-max-connection-age=1500', '--grpc-max-connection-age-grace=500']);

    it('are closed when they are too old', async () => {
      const [real, ours] = await onBoth(async (port) => {
        using wire = new Http2Wire(port);
        await wire.until(() => false);
        return wire.goaway;
      });
      expect(ours).toEqual(real);
      expect(real).toEqual([NO_ERROR, '']);
    });

    it('end calls that do not end within the grace', async () => {
      const [real, ours] = await onBoth(async (port) => {
        using connection = new GrpcConnection(port);
        const outcome = await connection.exchange(INFER, inference([{ sleep: 6_000 }, { send: [1] }]));
        return comparable(grpc, INFER, outcome);
      });
      expect(ours).toEqual(real);
      expect(real).toMatchObject({ status: 14, message: 'enter idle' });
    });
  });

  describe('with TLS', () => {
    let certificates: Certificates;
    beforeAll(async () => {
      certificates = await makeCertificates();
    });
    afterAll(() => certificates?.[Symbol.asyncDispose]());

    describe.each(['--grpc-use-ssl=true', '--grpc-use-ssl-mutual=true'])('%s', (argument) => {
      startedWith(
        () => [
          argument,
          `--grpc-server-cert=${certificates.serverFiles.cert}`,
          `--grpc-server-key=${certificates.serverFiles.key}`,
          `--grpc-root-cert=${path.join(certificates.directory, 'ca.pem')}`,
        ],
        {},
      );

      it('let in the same clients', async () => {
        const [real, ours] = await onBoth((port) =>
          runPython(TLS_CLIENTS, `127.0.0.1:${port}`, certificates.directory, certificates.otherDirectory),
        );
        expect(ours).toEqual(real);
        expect(real).toContain('trusted True');
        expect(real).toContain('stranger UNAVAILABLE');
      });
    });
  });
});

/** Which clients are served: HOST:PORT, the folder of a client's certificates, and one of another authority. */
const TLS_CLIENTS = `
import os
import sys
import tritonclient.grpc as grpcclient

url, own, other = sys.argv[1:]

def attempt(what, **options):
    try:
        with grpcclient.InferenceServerClient(url, **options) as client:
            print(what, client.is_server_live(client_timeout=20))
    except grpcclient.InferenceServerException as error:
        print(what, str(error.status()).replace("StatusCode.", ""))

def files(folder, **more):
    return {"ssl": True, "root_certificates": os.path.join(folder, "ca.pem"), **more}

def certificate(folder):
    return {"private_key": os.path.join(folder, "key.pem"), "certificate_chain": os.path.join(folder, "cert.pem")}

attempt("plain")
attempt("anonymous", **files(own))
attempt("trusted", **files(own, **certificate(own)))
attempt("untrusted", **files(own, **certificate(other)))
attempt("stranger", **files(other))
`;
