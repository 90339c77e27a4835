import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { sampleRequestsSchema } from '../../../src/cloud/smoke/sample-requests.ts';

const page = readFileSync(
  path.join(import.meta.dirname, '../../../docs/reference/sample-requests.md'),
  'utf8',
);

function* keysOf(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'properties') yield* Object.keys(value);
    yield* keysOf(value);
  }
}

it('the page names every key of the format', () => {
  const schema = z.toJSONSchema(sampleRequestsSchema, { io: 'input', unrepresentable: 'any' });
  const keys = new Set(keysOf(schema));
  expect(keys.size).toBeGreaterThan(20);
  expect([...keys].filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
});

it('its example is valid', () => {
  const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(sampleRequestsSchema.safeParse(JSON.parse(example)).error).toBeUndefined();
});
