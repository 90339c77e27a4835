import { chmod, mkdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DiagnosisOptions, diagnose } from '../../../src/cli/diagnosis/diagnose.ts';
import type { Finding } from '../../../src/cli/diagnosis/finding.ts';
import {
  ANSWERS,
  type DaemonAnswers,
  DEFAULT_IMAGE,
  FakeDaemons,
  Reply,
  VERSION,
} from '../../helpers/fake-docker.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let folder: TempFolder;
let daemons: FakeDaemons;
beforeEach(async () => {
  folder = await TempFolder.create('tl-');
  daemons = new FakeDaemons();
  await mkdir(folder.path('bin'));
});
afterEach(async () => {
  await daemons[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** A program on the PATH of the diagnosed machine. */
async function program(name: string, script: string): Promise<void> {
  await writeFile(folder.path('bin', name), `#!/bin/sh\n${script}\n`);
  await chmod(folder.path('bin', name), 0o755);
}
const GPU = 'echo "NVIDIA H100 80GB HBM3, 580.159"';
const PYTHON = 'echo 3.11.2';
const NVIDIA = { ...ANSWERS, '/info': { OSType: 'linux', Runtimes: { runc: {}, nvidia: {} } } };

async function look(answers: DaemonAnswers | undefined, more: Partial<DiagnosisOptions> = {}) {
  const dockerHost = `unix://${folder.path('docker.sock')}`;
  if (answers) await daemons.listen(folder.path('docker.sock'), answers);
  const environment = {
    PATH: folder.path('bin'),
    HOME: folder.directory,
    TRITON_LOCAL_HOME: folder.path('home'),
  };
  const options = { environment, nodeVersion: '22.1.0', dockerHost, image: undefined, searchFrom: [] };
  const findings = await diagnose({ ...options, ...more });
  return new Map(findings.map((finding) => [finding.subject, finding]));
}

const lacks = (detail: RegExp, remedy: RegExp): Partial<Finding> => ({
  verdict: 'lacking',
  detail: expect.stringMatching(detail),
  remedy: expect.stringMatching(remedy),
});

describe.skipIf(process.platform === 'win32')('doctor', () => {
  it('has a row for everything, all well on a machine that has everything', async () => {
    await program('python3', PYTHON);
    await program('nvidia-smi', GPU);
    const rows = await look(NVIDIA);
    expect([...rows.keys()]).toEqual([
      'Node.js',
      'npm',
      'disk',
      'memory',
      ...(process.platform === 'linux' ? ['shared memory', 'file watching'] : []),
      'proxy',
      'variables',
      'emulators',
      'scoring port',
      'HTTP port',
      'gRPC port',
      'metrics port',
      'Python',
      'venv',
      'uv',
      'Docker',
      'Triton image',
      'GPU driver',
      'GPU in Docker',
      'native Triton',
      'ONNX Runtime',
      'engine (auto)',
    ]);
    for (const subject of [
      'Node.js',
      'disk',
      'Python',
      'Docker',
      'Triton image',
      'GPU driver',
      'GPU in Docker',
    ])
      expect(rows.get(subject)).toMatchObject({ verdict: 'ok' });
    expect(rows.get('Docker')?.detail).toMatch(/Docker Engine 29\.0\.1, API 1\.52, linux\/amd64, at unix:/);
    expect(rows.get('GPU driver')?.detail).toContain('H100');
  });

  it.each<[string, string, DaemonAnswers | undefined, Partial<Finding>]>([
    ['no daemon', 'Docker', undefined, lacks(/no Docker daemon answers/, /--docker-host/)],
    [
      'an old daemon',
      'Docker',
      { ...ANSWERS, '/version': { ...VERSION, ApiVersion: '1.39' } },
      lacks(/API 1\.39/, /update it/),
    ],
    [
      'a daemon of Windows containers',
      'Docker',
      { ...ANSWERS, '/info': { OSType: 'windows' } },
      lacks(/Windows containers/, /switch Docker Desktop/),
    ],
    [
      'no image',
      'Triton image',
      { ...ANSWERS, [DEFAULT_IMAGE]: new Reply(404, { message: 'No such image' }) },
      lacks(/24\.10-py3 is not on this machine/, /triton-local pull .*8 to 20 GB/),
    ],
    [
      'no GPU in Docker',
      'GPU in Docker',
      ANSWERS,
      lacks(/neither NVIDIA's runtime nor CDI/, /nvidia-ctk runtime configure/),
    ],
  ])('%s: a remedy', async (_name, subject, answers, finding) => {
    await program('nvidia-smi', GPU);
    expect((await look(answers)).get(subject)).toMatchObject(finding);
  });

  it('no driver, no Python, an old Node.js, no room to write: a remedy for each', async () => {
    await writeFile(folder.path('file'), '');
    const rows = await look(ANSWERS, {
      nodeVersion: '18.20.0',
      environment: { PATH: folder.path('bin'), TRITON_LOCAL_HOME: folder.path('file/home') },
    });
    expect(rows.get('GPU driver')).toMatchObject(lacks(/no GPU here/, /driver/));
    expect(rows.get('Python')).toMatchObject(lacks(/none found/, /install Python 3\.8/));
    expect(rows.get('Node.js')).toMatchObject({
      verdict: 'problem',
      remedy: expect.stringContaining('nvm install'),
    });
    expect(rows.get('disk')).toMatchObject({
      verdict: 'problem',
      remedy: expect.stringContaining('TRITON_LOCAL_HOME'),
    });
  });

  it('a port that is taken', async () => {
    const server = net.createServer();
    const taken = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(8002, '127.0.0.1', () => resolve(true));
    });
    try {
      expect((await look(ANSWERS)).get('metrics port')).toMatchObject(
        lacks(/8002 is taken/, /choose another port/),
      );
    } finally {
      if (taken) server.close();
    }
  });

  it('variables that harm: a proxy for this machine, a misspelt setting', async () => {
    const environment = {
      PATH: folder.path('bin'),
      HOME: folder.directory,
      TRITON_LOCAL_HOME: folder.path('home'),
      HTTPS_PROXY: 'http://me:secret@proxy:3128',
      TRITON_LOCAL_ENGIN: 'native',
    };
    const rows = await look(ANSWERS, { environment });
    expect(rows.get('proxy')).toMatchObject(
      lacks(/https_proxy=http:..\*\*\*@proxy:3128/, /NO_PROXY=localhost/),
    );
    expect(rows.get('variables')).toMatchObject(lacks(/did you mean TRITON_LOCAL_ENGINE/, /unset/));
    const bypassed = await look(undefined, {
      environment: { ...environment, NO_PROXY: 'localhost,127.0.0.1' },
    });
    expect(bypassed.get('proxy')).toMatchObject({ verdict: 'ok' });
  });

  it('a tritonserver, and what auto would take', async () => {
    await program('tritonserver', 'exit 0');
    const none = await look(undefined);
    expect(none.get('native Triton')).toMatchObject({
      verdict: 'ok',
      detail: expect.stringContaining(folder.path('bin/tritonserver')),
    });
    expect(none.get('engine (auto)')?.detail).toMatch(/^native: tritonserver at .*; docker: /);
    const docker = await look(NVIDIA);
    expect(docker.get('engine (auto)')?.detail).toMatch(/^docker: .* and GPU$/);
  });

  it('ends within 3 s if a socket accepts but never answers, and programs hang', async () => {
    await daemons.listenSilently(folder.path('docker.sock'));
    for (const name of ['python3', 'python', 'nvidia-smi']) await program(name, 'exec /bin/sleep 60');
    const began = performance.now();
    const rows = await look(undefined);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(rows.get('Docker')).toMatchObject(lacks(/gave no answer within/, /.+/));
    expect(rows.get('Python')).toMatchObject({ verdict: 'lacking', remedy: expect.any(String) });
    expect(rows.get('GPU driver')).toMatchObject({ verdict: 'lacking', remedy: expect.any(String) });
  });
});
