import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newestSdk, olderSdk, type SdkSession, SdkUser } from './azure-sdk.ts';

const LARGE_BYTES = 150_000_000;

// What the real SDK uploads, registers and downloads.
describe.each([
  // The newest tries the latest version first, 1.12.1 always takes the next.
  ['newest', newestSdk, ['1', '1', '2']],
  ['1.12.1', olderSdk, ['1', '2', '3']],
] as const)('assets of the SDK %s', (_name, python, versions) => {
  describe.skipIf(!python)('deployed by its user', () => {
    let user: SdkUser;
    let sdk: SdkSession;
    beforeAll(async () => {
      user = await SdkUser.create();
      sdk = await user.startSession(python);
    });
    afterAll(() => user?.[Symbol.asyncDispose]());

    const inProject = (...parts: string[]) => path.join(user.az.project.directory, ...parts);

    it('a file that is uploaded in blocks, without keeping it in memory', async () => {
      await sdk.evaluate(
        `import os\nopen("large.bin", "wb").write(os.urandom(${LARGE_BYTES}))\nlist(ml_client.models.list())`,
      );
      const before = await peakBytes(user);
      await sdk.evaluate(
        'ml_client.models.create_or_update(Model(name="large", path="large.bin", type="custom_model")).version',
      );
      expect((await peakBytes(user)) - before).toBeLessThan(LARGE_BYTES * 0.75);
      await sdk.evaluate('ml_client.models.download("large", "1", download_path="got")');
      expect(await hashOf(inProject('got/large/large.bin'))).toBe(await hashOf(inProject('large.bin')));
      // The same bytes are kept once: as an upload, as a model, and not again under another name.
      await sdk.evaluate(
        'ml_client.models.create_or_update(Model(name="again", path="large.bin", type="custom_model")).version',
      );
      const models = path.join(user.az.home, 'workspace', 'default', 'models');
      expect((await readdir(models)).filter((name) => !name.startsWith('.'))).toHaveLength(1);
    });

    it('a folder with files in folders, empty ones and names of all kinds', async () => {
      const files = ['a/b/c.txt', 'empty', 'ä ö.txt', '100%.txt', 'a+b=c&d.txt', "it's #1?.txt"];
      await mkdir(inProject('folder/a/b'), { recursive: true });
      for (const file of files) await user.az.write(`folder/${file}`, file === 'empty' ? '' : file);
      await sdk.evaluate(
        'ml_client.models.create_or_update(Model(name="folder", path="folder", type="custom_model")).version',
      );
      await sdk.evaluate('ml_client.models.download("folder", "1", download_path="got")');
      for (const file of files)
        expect(await readFile(inProject('got/folder/folder', file), 'utf8')).toBe(
          file === 'empty' ? '' : file,
        );
      await user.az.run('model', 'download', '-n', 'folder', '-p', 'by-verb');
      expect(await readFile(inProject('by-verb/folder/a/b/c.txt'), 'utf8')).toBe('a/b/c.txt');
    });

    it('a version exists with other content: ResourceExistsError', async () => {
      await user.az.write('one.bin', '1');
      const register =
        'ml_client.models.create_or_update(Model(name="one", version="7", path="one.bin", type="custom_model")).version';
      expect(await sdk.evaluate(register)).toBe('7');
      await user.az.write('one.bin', '2');
      const { classes, message } = await sdk.failureOf(register);
      expect(classes).toContain('ResourceExistsError');
      expect(message).toContain('one:7');
    });

    it('what is archived by the SDK is archived for the verbs, and the other way round', async () => {
      await sdk.evaluate('ml_client.models.archive("one", version="7")');
      expect(await user.az.json('model', 'list', '-n', 'one')).toEqual([]);
      await user.az.run('model', 'restore', '-n', 'one', '-v', '7');
      expect(await sdk.evaluate('[it.version for it in ml_client.models.list("one")]')).toEqual(['7']);
      await user.az.run('model', 'archive', '-n', 'one');
      expect(await sdk.evaluate('"one" in [it.name for it in ml_client.models.list()]')).toBe(false);
      await sdk.evaluate('ml_client.models.restore("one")');
      expect(await user.az.json('model', 'list', '-n', 'one')).toHaveLength(1);
    });

    it('an environment with a build context, and the next version for another definition', async () => {
      await mkdir(inProject('context'));
      await user.az.write('context/Dockerfile', 'FROM any');
      const built = await sdk.evaluate<readonly string[]>(
        `from azure.ai.ml.entities import BuildContext
built = ml_client.environments.create_or_update(Environment(name="built", build=BuildContext(path="context")))
[built.version, built.build.path, built.build.dockerfile_path]`,
      );
      expect(built).toEqual(['1', expect.stringMatching(/\/context\/$/), 'Dockerfile']);
      const version = (image: string) =>
        sdk.evaluate(
          `ml_client.environments.create_or_update(Environment(name="env", image="${image}")).version`,
        );
      expect([await version('one'), await version('one'), await version('two')]).toEqual(versions);
      expect(await sdk.evaluate('ml_client.environments.get("env", label="latest").image')).toBe('two');
    });

    it.each([
      ['list(ml_client.jobs.list())', /not emulated/],
      ['list(ml_client.batch_endpoints.list())', /not emulated/],
      [
        'ml_client.models.create_or_update(Model(name="j", path="azureml://jobs/j/outputs/artifacts/paths/m/"))',
        /Azure's own services/,
      ],
    ])('%s raises HttpResponseError with a sentence', async (code, sentence) => {
      const { classes, message } = await sdk.failureOf(code);
      expect(classes).toContain('HttpResponseError');
      expect(message).toMatch(sentence);
    });
  });
});

/** The most memory that the control plane has had. */
async function peakBytes(user: SdkUser): Promise<number> {
  const instances = await user.az.json<readonly { kind: string; pid: number }[]>('ps', '--json');
  const pid = instances.find(({ kind }) => kind === 'control-plane')?.pid;
  const [, kib] = /^VmHWM:\s*(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
