import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { referencePages } from '../../.dev/reference-pages.mjs';
import { ERROR_CATALOGUE } from '../../src/cli/error-catalogue.ts';
import { keyOf, SETTINGS } from '../../src/config/named-settings.ts';
import { SETTING_GROUPS } from '../../src/config/settings.ts';

const pages = referencePages({ ERROR_CATALOGUE, SETTING_GROUPS, SETTINGS, keyOf });

it.each(Object.keys(pages))('docs/reference/%s is what `npm run docs` writes', (name) => {
  const file = path.join(import.meta.dirname, '../../docs/reference', name);
  expect(readFileSync(file, 'utf8')).toBe(pages[name]);
});
