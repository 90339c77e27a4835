import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDetached } from '../../../src/control/index.ts';

const SECRET = 'not-for-everybody';
/** Reports what it read from standard input as its address, and ends with its parent. */
const PROGRAM = `
  let text = '';
  process.stdin.on('data', (chunk) => { text += chunk; }).on('end', () => {
    process.send({ started: { pid: process.pid, scoringUri: text, httpUrl: '', ready: true } });
    setInterval(() => {}, 1000);
  });
  process.on('disconnect', () => process.exit());`;

describe('a process that is started apart', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tl-detached-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const start = (program: string, input?: string) =>
    startDetached(
      {
        command: [process.execPath, '-e', program],
        cwd: folder,
        environment: { PATH: '' },
        ...(input !== undefined && { input }),
        crashLog: path.join(folder, 'crash.log'),
        onEvent: () => undefined,
      },
      new AbortController().signal,
    );

  it('reads secrets from standard input, where no other user sees them', async () => {
    const started = await start(PROGRAM, SECRET);
    try {
      expect(started.scoringUri).toBe(SECRET);
      if (process.platform !== 'linux') return;
      expect(await readFile(`/proc/${started.pid}/cmdline`, 'utf8')).not.toContain(SECRET);
    } finally {
      process.kill(started.pid, 'SIGKILL');
    }
  });

  it('that ends before it has read them is reported with its last lines', async () => {
    const starting = start("console.error('no luck'); process.exit(3)", SECRET.repeat(100_000));
    await expect(starting).rejects.toMatchObject({
      code: 'START_CRASHED',
      message: expect.stringMatching(/status 3.*no luck/s),
    });
  });
});
