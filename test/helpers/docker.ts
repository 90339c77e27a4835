import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listCandidates } from '../../src/engines/docker/daemon/candidates.ts';
import type { EventBody, EventSink } from '../../src/events/index.ts';

/** Set if a real Docker daemon is available to the tests; `.ci/run` starts one. Without it, the tests are skipped. */
export const hasDocker = Boolean(process.env.TRITON_LOCAL_TEST_DOCKER);

const run = promisify(execFile);

/** The environment as the product gets it. */
export const environment: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

/** The name of the tests' Triton image, which is built if it is missing. */
export const testImage = () => imageBy('test-image.sh');

/** The name of an image to build the slim one on. */
export const slimBase = () => imageBy('slim-base.sh');

async function imageBy(script: string): Promise<string> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return (await run('bash', [file], { maxBuffer: 1 << 26 })).stdout.trim();
}

/** Runs Docker's own CLI and gives what it printed. */
export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args)).stdout.trim();
}

/** Ids of every container of ours for this project, running or not; test files run beside each other. */
export async function ownContainers(project: string): Promise<readonly string[]> {
  const label = `label=dev.triton-local.project=${project}`;
  return (await docker('ps', '-aq', '--no-trunc', '--filter', label)).split('\n').filter(Boolean);
}

/** The socket of the daemon that these tests use, which must be on this machine. */
export async function daemonSocket(): Promise<string> {
  const sources = { environment, homeDirectory: '/nowhere', platform: process.platform, uid: undefined };
  const [first] = await listCandidates(sources);
  if (first?.address?.kind !== 'socket') throw new Error('the tests need the daemon on a local socket');
  return first.address.path;
}

/** A TCP port that leads to the daemon's socket. */
export async function tcpProxyToDocker(): Promise<AsyncDisposable & { readonly port: number }> {
  const socketPath = await daemonSocket();
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    const inner = net.connect(socketPath);
    for (const one of [socket, inner]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => sockets.delete(one));
    }
    socket.pipe(inner).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** An image like the test image, whose `tritonserver` is this shell script instead; the server is `tritonserver.real`. */
export async function imageThatRuns(name: string, base: string, script: string): Promise<string> {
  const tag = `triton-local/test-crash:${name}`;
  const id = await docker('create', base, 'true');
  const folder = `/tmp/triton-local-crash-${process.pid}-${name}`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/tritonserver`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const program = `${id}:/opt/tritonserver/bin/tritonserver`;
  await docker('cp', program, `${folder}/tritonserver.real`);
  await docker('cp', `${folder}/tritonserver.real`, `${program}.real`);
  await docker('cp', `${folder}/tritonserver`, program);
  await docker('commit', id, tag);
  await docker('rm', id);
  await run('rm', ['-rf', folder]);
  return tag;
}

/** A Python model that hands its input on times a factor. */
export async function writeModel(repository: string, name: string, factor = 1): Promise<void> {
  await mkdir(`${repository}/${name}/1`, { recursive: true });
  await writeFile(
    `${repository}/${name}/config.pbtxt`,
    `backend: "python"
max_batch_size: 0
input [{ name: "X" data_type: TYPE_FP32 dims: [ -1 ] }]
output [{ name: "Y" data_type: TYPE_FP32 dims: [ -1 ] }]
`,
  );
  await writeFile(
    `${repository}/${name}/1/model.py`,
    `import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        x = lambda request: pb_utils.get_input_tensor_by_name(request, "X").as_numpy()
        return [pb_utils.InferenceResponse([pb_utils.Tensor("Y", x(r) * ${factor})]) for r in requests]
`,
  );
}

export class EventLog implements EventSink {
  readonly events: EventBody[] = [];

  emit(body: EventBody): void {
    this.events.push(body);
  }

  lines(): string {
    return this.events.map((it) => (it.type === 'log.line' ? it.text : '')).join('\n');
  }
}
