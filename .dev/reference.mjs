// `npm run docs`: writes the generated pages of docs/reference from the tables in src, and brings the contents list of
// every other page up to date. Unit tests compare both with the files, so that they cannot drift.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withContents } from './markdown.mjs';
import { commandsPage } from './reference/commands.mjs';
import { errorsPage } from './reference/errors.mjs';
import { eventsPage } from './reference/events.mjs';
import { exitStatusesPage } from './reference/exit-statuses.mjs';
import { keysPage } from './reference/keys.mjs';
import { settingsPage } from './reference/settings.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the pages are made from; the unit test imports the same. */
const SOURCES = `
export { ERROR_CATALOGUE } from './src/cli/error-catalogue.ts';
export { EXIT, EXIT_MEANINGS } from './src/cli/exit-codes.ts';
export { createProgram } from './src/cli/program.ts';
export { SETTING_GROUPS, SETTINGS, keyOf } from './src/config/settings.ts';
export { event } from './src/events/schema.ts';
export { keyHelp } from './src/ui/tui/keys.ts';
export { z } from 'zod';
`;

/** The generated pages by file name. */
export function referencePages(tables) {
  return {
    'commands.md': commandsPage(tables),
    'errors.md': errorsPage(tables),
    'events.md': eventsPage(tables),
    'exit-statuses.md': exitStatusesPage(tables),
    'keys.md': keysPage(tables),
    'settings.md': settingsPage(tables),
  };
}

/** The tables, from the TypeScript sources. What a command imports only when it runs stays out. */
async function loadTables() {
  const esbuild = await import('esbuild');
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    stdin: { contents: SOURCES, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    plugins: [
      {
        name: 'without-what-runs',
        setup: (builder) =>
          builder.onResolve({ filter: /.*/ }, ({ kind }) =>
            kind === 'dynamic-import' ? { path: 'node:path', external: true } : undefined,
          ),
      },
    ],
  });
  // In dist, as the built command line is: from there it finds package.json, and the packages.
  const file = path.join(root, 'dist', `reference-tables-${process.pid}.mjs`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, outputFiles[0].contents);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(file);
  }
}

function markdownFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = path.join(root, 'docs/reference');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(referencePages(await loadTables())))
    writeFileSync(path.join(folder, name), text);
  for (const file of markdownFiles(path.join(root, 'docs'))) {
    const text = readFileSync(file, 'utf8');
    if (withContents(text) !== text) writeFileSync(file, withContents(text));
  }
}
