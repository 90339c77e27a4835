import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { referencePages } from '../../.dev/reference.mjs';
import { ERROR_CATALOGUE } from '../../src/cli/error-catalogue.ts';
import { EXIT, EXIT_MEANINGS } from '../../src/cli/exit-codes.ts';
import { createProgram } from '../../src/cli/program.ts';
import { keyOf, SETTINGS } from '../../src/config/named-settings.ts';
import { SETTING_GROUPS } from '../../src/config/settings.ts';
import { event } from '../../src/events/schema.ts';
import { keyHelp } from '../../src/ui/tui/keys.ts';

const command = { createProgram, ERROR_CATALOGUE, EXIT, EXIT_MEANINGS };
const pages = referencePages({ ...command, SETTING_GROUPS, SETTINGS, keyOf, event, keyHelp, z });

it.each(Object.keys(pages))('docs/reference/%s is what `npm run docs` writes', (name) => {
  const file = path.join(import.meta.dirname, '../../docs/reference', name);
  expect(readFileSync(file, 'utf8')).toBe(pages[name]);
});

it('docs/reference/commands.md says of `up` and `test` alone that they take every setting', () => {
  const sections = (pages['commands.md'] ?? '').split(/^## /m);
  const claiming = sections.filter((section) => section.includes('every [setting](settings.md)'));
  expect(claiming.map((section) => section.split('\n', 1)[0])).toEqual(['up', 'test']);
  const own = sections.find((section) => section.startsWith('wait\n'));
  expect(own).toContain('`--timeout <seconds>`');
});
