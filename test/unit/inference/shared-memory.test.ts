import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SharedMemoryRegions } from '../../../src/inference/shared-memory.ts';

const KEY = `triton-local-unit-${process.pid}`;
const FILE = `/dev/shm/${KEY}`;

// The texts are those that a real 2.51 gave while a request of a second's length used the regions.
describe.skipIf(process.platform !== 'linux')('shared memory that requests use', () => {
  let regions: SharedMemoryRegions;

  beforeEach(() => {
    writeFileSync(
      FILE,
      Uint8Array.from({ length: 64 }, (_none, index) => index),
    );
    regions = new SharedMemoryRegions();
    for (const name of ['i0', 'o0', 'unused']) regions.register(name, KEY, 0, 64);
  });
  afterEach(() => {
    regions[Symbol.dispose]();
    rmSync(FILE, { force: true });
  });
  const names = () => regions.status('').map(({ name }) => name);

  it('is not unregistered before they are answered', () => {
    const request = regions.use();
    request.read('i0', 0, 4);
    const target = request.claim('o0', 8, 4);
    for (const name of ['i0', 'o0'])
      expect(() => regions.unregister(name)).toThrow(
        `Cannot unregister shared memory region '${name}', it is currently in use.`,
      );
    expect(() => regions.unregister('')).toThrow(
      'Failed to unregister the following system shared memory regions: i0 ,o0 ,',
    );
    expect(names()).toEqual(['i0', 'o0']);
    target.write(Uint8Array.of(1, 2, 3, 4));
    request.release();
    regions.unregister('');
    expect(names()).toEqual([]);
    expect([...readFileSync(FILE).subarray(8, 12)]).toEqual([1, 2, 3, 4]);
  });

  it('is let go of by a request that failed on the way', () => {
    const request = regions.use();
    request.claim('o0', 0, 4);
    expect(() => request.read('nothing', 0, 4)).toThrow('Unable to find shared memory region');
    request.release();
    regions.unregister('o0');
    expect(names()).toEqual(['i0', 'unused']);
  });
});

it.each(['darwin', 'win32'] as const)(
  'shared memory is refused on %s, with the systems that have it',
  (platform) => {
    using regions = new SharedMemoryRegions(platform);
    expect(() => regions.register('r', 'k', 0, 4)).toThrow('has system shared memory on Linux only');
    expect(regions.status('')).toEqual([]);
  },
);
