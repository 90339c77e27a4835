import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineSettings } from '../../../src/config/index.ts';
import { type EngineWishes, lacksTriton, planEngines } from '../../../src/engines/index.ts';
import { findTritonOnPath } from '../../../src/engines/native/installation.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await TempFolder.create();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** A machine without a daemon: Docker is looked for at a socket that is not there. */
function wishes(engine: Partial<EngineSettings> = {}, more: Partial<EngineWishes> = {}): EngineWishes {
  return {
    engine: {
      choice: 'auto',
      gpus: undefined,
      image: undefined,
      slimBase: undefined,
      dockerHost: undefined,
      tritonserver: undefined,
      tritonArgs: [],
      gpuModelsOnCpu: false,
      modelControlMode: 'none',
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
  test('native is refused with what to use, and nothing is offered to be installed', async () => {
    const native = wishes({ choice: 'native' });
    await expect(planEngines(native, 'win32')).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: 'there is no native tritonserver for Windows',
      hint: expect.stringContaining('WSL') as string,
    });
    expect(lacksTriton(native, 'win32')).toBe(false);
    expect(lacksTriton(native, 'darwin')).toBe(true);
  });

  test('a file called tritonserver on PATH is no engine', async () => {
    await installTriton();
    const environment = { PATH: folder.path('bin') };
    expect(findTritonOnPath(environment, 'win32')).toBeUndefined();
  });
});

const posix = process.platform !== 'win32';

describe('the choice of an engine', () => {
  test('is embedded where there is neither Docker nor Triton, and says so within 50 ms', async () => {
    const began = performance.now();
    const plans = await planEngines(wishes());
    expect(performance.now() - began).toBeLessThan(50);
    expect(plans.map(({ kind }) => kind)).toEqual(['embedded']);
    expect(plans[0].reason).toMatch(
      /docker: no Docker daemon is on this machine; native: no tritonserver on PATH/,
    );
  });

  test.runIf(posix)('is a tritonserver on PATH before embedded', async () => {
    const program = await installTriton();
    const plans = await planEngines(wishes());
    expect(plans).toMatchObject([{ kind: 'native', program }, { kind: 'embedded' }]);
  });

  test.runIf(posix)('passes over a tritonserver without the backend that the models need', async () => {
    await installTriton();
    const [plan, ...others] = await planEngines(wishes({}, { backends: ['onnxruntime'] }));
    expect(plan.kind).toBe('embedded');
    expect(plan.reason).toMatch(/has no backend onnxruntime/);
    expect(others).toEqual([]);
  });

  test.each([
    ['--gpus all', { gpus: 'all' }, /GPU was asked for/],
    ['GPUs with the embedded engine', { choice: 'embedded', gpus: '0' }, /uses no GPU/],
    ['external without a URL', { choice: 'external' }, /needs the URL/],
    ...(posix
      ? [['a tritonserver that is none', { choice: 'native', tritonserver: '/none' }, /no program/] as const]
      : []),
  ] as const)('refuses %s with what to do about it', async (_title, more, message) => {
    await expect(planEngines(wishes(more))).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/.+/),
    });
  });
});
