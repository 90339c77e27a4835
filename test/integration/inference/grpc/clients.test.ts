import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrpcInterface } from '../../../helpers/grpc-interface.ts';
import { peerPython } from '../../../helpers/python.ts';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { type SharedRepository, startOnSharedRepository } from '../fidelity/shared-repository.ts';
import { nodeClientOutcomes } from './node-client.ts';
import { NUMBERS_MODEL, STREAM_FILES } from './repositories/stream-models.ts';

if (!realTriton) skipLoudly('the comparison of gRPC clients with the real Triton');

const PROGRAM = fileURLToPath(new URL('client_program.py', import.meta.url));

describe.skipIf(!realTriton || !peerPython)('unmodified gRPC clients', () => {
  let pair: SharedRepository;

  beforeAll(async () => {
    pair = await startOnSharedRepository(realTriton ?? '', STREAM_FILES, 'explicit');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it('tritonclient.grpc prints the same with both servers', async () => {
    const [real, ours] = await Promise.all(
      [pair.realGrpcPort, pair.ourGrpcPort].map((port, index) =>
        output(peerPython ?? '', [
          PROGRAM,
          `127.0.0.1:${port}`,
          `/triton-local-client-${process.pid}-${index}`,
        ]),
      ),
    );
    expect(ours).toEqual(real);
    expect(real?.at(-1)).toContain('trace settings');
  });

  it('@grpc/grpc-js gets the same from both servers', async () => {
    const grpc = await GrpcInterface.ofRealClient();
    const [real, ours] = await Promise.all([
      nodeClientOutcomes(pair.realGrpcPort, grpc),
      nodeClientOutcomes(pair.ourGrpcPort, grpc),
    ]);
    expect(ours).toEqual(real);
  });
});

/** Runs a program with a model's source on its input, and resolves with its lines. */
function output(program: string, args: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let [out, errors] = ['', ''];
    child.stdout.on('data', (piece) => {
      out += piece;
    });
    child.stderr.on('data', (piece) => {
      errors += piece;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(out.trim().split('\n'))
        : reject(new Error(`${args.join(' ')} ended with ${code}\n${out}\n${errors}`)),
    );
    child.stdin.end(NUMBERS_MODEL);
  });
}
