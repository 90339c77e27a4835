import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENGINE_KINDS } from '../../../src/base/index.ts';
import {
  ENGINES,
  type EngineCriteria,
  missingInstallation,
  planEngines,
} from '../../../src/engines/index.ts';
import { findTritonOnPath } from '../../../src/engines/native/installation.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await TempFolder.create();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** A machine without a daemon: Docker is looked for at a socket that is not there. */
function criteria(
  engine: Partial<EngineCriteria['engine']> = {},
  more: Partial<EngineCriteria> = {},
): EngineCriteria {
  return {
    engine: {
      choice: 'auto',
      gpus: undefined,
      image: undefined,
      slimBase: undefined,
      dockerHost: undefined,
      tritonserver: undefined,
      ...engine,
    },
    external: { url: undefined },
    backends: [],
    home: folder.path('home'),
    environment: {
      PATH: folder.path('bin'),
      HOME: folder.directory,
      DOCKER_HOST: `unix://${folder.path('none.sock')}`,
    },
    platform: process.platform,
    ...more,
  };
}

/** `tritonserver` as NVIDIA lays it out, with the Python backend alone. */
async function installTriton(): Promise<string> {
  const program = folder.path('bin/tritonserver');
  await mkdir(folder.path('bin'));
  await mkdir(folder.path('backends/python'), { recursive: true });
  await writeFile(program, '#!/bin/sh\n');
  await chmod(program, 0o755);
  return program;
}

describe('on Windows', () => {
  test('native is refused with alternatives, and no installation is proposed', async () => {
    const native = criteria({ choice: 'native' }, { platform: 'win32' });
    await expect(planEngines(native)).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: 'there is no native tritonserver for Windows',
      hint: expect.stringContaining('WSL') as string,
    });
    expect(missingInstallation(native)).toBeUndefined();
    expect(missingInstallation({ ...native, platform: 'darwin' })).toMatchObject({
      missing: 'the native engine has no tritonserver',
      alternative: 'name a server with --tritonserver',
    });
  });

  test('a file called tritonserver on PATH is ignored', async () => {
    await installTriton();
    const environment = { PATH: folder.path('bin') };
    expect(findTritonOnPath(environment, 'win32')).toBeUndefined();
  });
});

const posix = process.platform !== 'win32';

describe('the choice of an engine', () => {
  test('is embedded without Docker and Triton, and says why', async () => {
    const plans = await planEngines(criteria());
    expect(plans.map(({ kind }) => kind)).toEqual(['embedded']);
    expect(plans[0].reason).toBe(
      'in this process, on the CPU; docker: there is no Docker daemon on this machine; native: no tritonserver on PATH',
    );
  });

  test.runIf(posix)('prefers a tritonserver on PATH to embedded', async () => {
    const program = await installTriton();
    const plans = await planEngines(criteria());
    expect(plans).toMatchObject([
      {
        kind: 'native',
        reason: `tritonserver at ${program}; docker: there is no Docker daemon on this machine`,
      },
      {
        kind: 'embedded',
        reason: 'in this process, on the CPU; docker: there is no Docker daemon on this machine',
      },
    ]);
  });

  test.runIf(posix)('skips a tritonserver without the backend that the models need', async () => {
    await installTriton();
    const [plan, ...others] = await planEngines(criteria({}, { backends: ['onnxruntime'] }));
    expect(plan.kind).toBe('embedded');
    expect(plan.reason).toMatch(/has no backend onnxruntime/);
    expect(others).toEqual([]);
  });

  test.each([
    ['--gpus all', { gpus: 'all' }, /^a GPU was requested, but there is no Docker daemon on this machine$/],
    ['GPUs with the embedded engine', { choice: 'embedded', gpus: '0' }, /uses no GPU/],
    ['external without a URL', { choice: 'external' }, /needs the URL/],
    ...(posix
      ? [
          [
            'a tritonserver that is not executable',
            { choice: 'native', tritonserver: '/none' },
            /is not executable/,
          ] as const,
        ]
      : []),
  ] as const)('refuses %s with what to do about it', async (_title, more, message) => {
    await expect(planEngines(criteria(more))).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/.+/),
    });
  });
});

describe('the table of engines', () => {
  test('describes each engine under its own name', () => {
    const names = Object.entries(ENGINES).map(([name, { kind }]) => [name, kind]);
    expect(names).toEqual(ENGINE_KINDS.map((kind) => [kind, kind]));
  });
});
