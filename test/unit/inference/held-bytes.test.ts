import { expect, it } from 'vitest';
import { HeldBytes } from '../../../src/inference/held-bytes.ts';

it('refuses what would hold too much, takes one request alone whatever its size, and counts what is given back', () => {
  const held = new HeldBytes(100);
  held.add(150);
  expect(() => held.add(1)).toThrow(/hold 150 bytes, and no more than 100 are taken at once; try again/);
  held.release(150);
  held.add(60);
  held.add(40);
  expect(() => held.add(1)).toThrow(expect.objectContaining({ status: 503 }));
  held.release(60);
  held.add(1);
  expect(held.held).toBe(41);
});
