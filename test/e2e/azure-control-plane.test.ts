import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkoutCli } from '../helpers/emulator-process.ts';
import { AzureCli } from './azure-cli.ts';

/** Says which control plane it was given and whether it answers, then waits for the end of its input. */
const CLIENT = `
const { readFileSync } = require('node:fs');
const ca = readFileSync(process.env.SSL_CERT_FILE);
require('node:https').get(process.env.ARM_CLOUD_METADATA_URL, { ca }, (response) => {
  console.log(new URL(process.env.ARM_CLOUD_METADATA_URL).origin, response.statusCode);
  process.stdin.resume().once('end', () => process.exit(7));
});
`;

describe('the control plane', () => {
  let az: AzureCli;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    az = await AzureCli.create();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await az[Symbol.asyncDispose]();
  });

  function start(...args: string[]) {
    const [program = '', ...first] = checkoutCli;
    const child = spawn(program, [...first, ...args], { env: az.environment, cwd: az.project.directory });
    children.push(child);
    const exited = once(child, 'exit').then(([code]: unknown[]) => code);
    const stderr = text(child.stderr);
    return { child, exited, stderr };
  }

  /** A command under `exec` that has reached the control plane. */
  async function startClient() {
    const started = start('exec', '--', process.execPath, '-e', CLIENT);
    const [said] = await once(started.child.stdout, 'data');
    const [origin = '', status] = String(said).trim().split(' ');
    expect(status).toBe('200');
    return { ...started, origin };
  }

  async function running(): Promise<readonly { readonly pid: number; readonly scoringUri: string }[]> {
    return az.json('ps', '--json');
  }

  const nothingRuns = () => expect.poll(running, { timeout: 20_000 }).toEqual([]);

  it('is not replaced by a bare command if the state folder cannot be used', async () => {
    const file = path.join(az.project.directory, 'a-file');
    await writeFile(file, '');
    const [program = '', ...first] = checkoutCli;
    const child = spawn(program, [...first, 'exec', '--', process.execPath, '-e', ''], {
      env: { ...az.environment, TRITON_LOCAL_HOME: file },
      cwd: az.project.directory,
    });
    children.push(child);
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(stderr).toMatch(/^error WORKSPACE_UNUSABLE: the state folder .* cannot be used/);
    expect(stderr).toContain('set TRITON_LOCAL_HOME to a folder that you may write to');
    expect(code).not.toBe(0);
  });

  it('is shared by commands and ends with the last one', async () => {
    const [one, other] = await Promise.all([startClient(), startClient()]);
    expect(one.origin).toBe(other.origin);
    const [only, ...others] = await running();
    expect([only, others]).toMatchObject([
      { kind: 'control-plane', scoringUri: one.origin, httpUrl: '' },
      [],
    ]);
    expect((await az.run('ps')).stdout).toMatch(/ - .* control-plane\n$/);
    one.child.stdin.end();
    expect(await one.exited).toBe(7);
    const third = await startClient();
    expect(third.origin).toBe(one.origin);
    // A command that is killed has left as well; what it ran ends with its input.
    other.child.kill('SIGKILL');
    await other.exited;
    third.child.stdin.end();
    expect(await third.exited).toBe(7);
    await nothingRuns();
    expect([await one.stderr, await third.stderr]).toEqual(['', '']);
  });

  it('comes back on its port for the next command after it was killed', async () => {
    const one = await startClient();
    const [{ pid } = { pid: 0 }] = await running();
    process.kill(pid, 'SIGKILL');
    const next = await startClient();
    expect(next.origin).toBe(one.origin);
    for (const { child } of [one, next]) child.stdin.end();
    expect(await Promise.all([one.exited, next.exited])).toEqual([7, 7]);
    expect(await one.stderr).toContain('the Azure control plane has ended');
    await nothingRuns();
  });

  it('runs for longer by azure up, once', async () => {
    const up = start('azure', 'up', '--print-env', 'dotenv');
    const [said] = await once(up.child.stdout, 'data');
    const lines = String(said).split('\n');
    expect(lines).toContain('AZUREML_CURRENT_CLOUD=TritonLocal');
    const env = await az.run('azure', 'env', '--print-env', 'dotenv');
    expect(env.stdout).toBe(String(said));
    const again = await az.run('azure', 'up');
    expect([again.code, again.stderr]).toEqual([5, expect.stringContaining('already runs')]);
    const client = await startClient();
    client.child.stdin.end();
    await client.exited;
    expect(await running()).toHaveLength(1);
    up.child.kill('SIGINT');
    expect(await up.exited).toBe(130);
    await nothingRuns();
    expect(await up.stderr).toContain(`Azure control plane at ${client.origin}`);
    const none = await az.run('azure', 'env');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('does not run')]);
  });

  it('runs detached until azure down', async () => {
    const up = await az.run('azure', 'up', '--detach');
    expect([up.code, up.stdout]).toEqual([0, expect.stringContaining('AZUREML_CURRENT_CLOUD')]);
    expect(await running()).toHaveLength(1);
    const down = await az.run('azure', 'down');
    expect([down.code, down.stdout]).toEqual([0, expect.stringContaining('stopped')]);
    expect(await running()).toEqual([]);
    const wrong = await az.run('azure', 'up', '--print-env', 'fish');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('bash, powershell, dotenv')]);
  });

  describe('az in a command', () => {
    const inCommand = (...args: string[]) => az.run('exec', '--', 'az', ...args);

    it('issues tokens, runs our verbs and passes as set up', async () => {
      const token = await inCommand('account', 'get-access-token', '--resource', 'https://ml.azure.com');
      expect(JSON.parse(token.stdout)).toMatchObject({
        accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        tokenType: 'Bearer',
        expiresOn: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/),
      });
      const type = await inCommand('account', 'get-access-token', '--query', 'tokenType', '-o', 'tsv');
      expect(type.stdout).toBe('Bearer\n');
      expect((await inCommand('ml', 'model', 'list')).stdout).toBe('[]\n');
    });

    it.skipIf(process.platform === 'win32')('hands everything else to the az behind it', async () => {
      const folder = path.join(az.project.directory, 'own');
      await mkdir(folder, { recursive: true });
      const own = path.join(folder, 'az');
      await writeFile(own, '#!/bin/sh\necho "own $*"\nexit 4\n');
      await chmod(own, 0o755);
      const searched = az.environment.PATH;
      az.environment.PATH = `${folder}${path.delimiter}/usr/bin${path.delimiter}/bin`;
      expect(await inCommand('acr', 'build', '-t', 'a b')).toEqual({
        code: 4,
        stdout: 'own acr build -t a b\n',
        stderr: '',
      });
      az.environment.PATH = `/usr/bin${path.delimiter}/bin`;
      expect((await inCommand('account', 'set', '-s', 'mine')).code).toBe(0);
      expect((await inCommand('configure', '--defaults', 'group=g')).code).toBe(0);
      const missing = await inCommand('acr', 'build');
      expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('needs azure-cli')]);
      if (searched !== undefined) az.environment.PATH = searched;
    });
  });
});
