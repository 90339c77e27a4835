import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listSlimImages } from '../../../../src/engines/index.ts';
import { ANSWERS, FakeDaemons, Reply } from '../../../helpers/fake-docker.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

let folder: TempFolder;
let daemons: FakeDaemons;
beforeEach(async () => {
  folder = await TempFolder.create('tl-');
  daemons = new FakeDaemons();
});
afterEach(async () => {
  await daemons[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const image = (Id: string, RepoTags: readonly string[] | null) => ({
  Id,
  RepoTags,
  Size: 500_000_000,
  Created: 1_700_000_000,
});

const DAEMON = {
  ...ANSWERS,
  '/images/json': [
    image('sha256:old', ['triton-local/slim:aaaaaaaaaaaa']),
    image('sha256:used', ['triton-local/slim:bbbbbbbbbbbb']),
    image('sha256:users', ['my-team/triton:1']),
    image('sha256:untagged', null),
  ],
  '/containers/json': [{ Id: 'x', ImageID: 'sha256:used' }],
  '/images/triton-local/slim:aaaaaaaaaaaa': [{ Untagged: 'triton-local/slim:aaaaaaaaaaaa' }],
  '/images/triton-local/slim:bbbbbbbbbbbb': new Reply(409, { message: 'image is being used' }),
};

describe.skipIf(process.platform === 'win32')('the images that --image slim built', () => {
  it('are listed with size, age and use, without those that a user built on them', async () => {
    const socket = `unix://${await daemons.listen(folder.path('docker.sock'), DAEMON)}`;
    const images = await listSlimImages({ HOME: folder.directory }, socket);
    const facts = { bytes: 500_000_000, createdAt: new Date(1_700_000_000_000) };
    expect(images).toMatchObject([
      { reference: 'triton-local/slim:aaaaaaaaaaaa', inUse: false, ...facts },
      { reference: 'triton-local/slim:bbbbbbbbbbbb', inUse: true, ...facts },
    ]);
    await images[0]?.remove();
    await expect(images[1]?.remove()).rejects.toThrow('image is being used');
  });

  it('are an empty list without a daemon, or if it refuses to list them', async () => {
    const environment = { HOME: folder.directory };
    expect(await listSlimImages(environment, `unix://${folder.path('none.sock')}`)).toEqual([]);
    const refusing = { ...DAEMON, '/images/json': new Reply(500, { message: 'broken' }) };
    const socket = `unix://${await daemons.listen(folder.path('docker.sock'), refusing)}`;
    expect(await listSlimImages(environment, socket)).toEqual([]);
  });
});
