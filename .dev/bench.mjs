// `npm run bench [-- NAME ...]`: sets up what is missing and runs the drivers test/bench/NAME.mjs one after another,
// all of them without a name. Each prints rows of its table; test/bench/README.md holds the figures that count.
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureAzureAiMl, ensurePeers, ensureTriton } from './peers.mjs';
import { root, say, setUp } from './setup.mjs';

const folder = path.join(root, 'test/bench');
const known = readdirSync(folder)
  .filter((name) => /^[a-z-]+\.mjs$/.test(name))
  .map((name) => name.slice(0, -'.mjs'.length))
  .sort();
const wanted = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  say(`There is no benchmark ${unknown.join(', ')}. There are: ${known.join(', ')}`);
  process.exit(2);
}
await setUp();
const python = await ensurePeers();
if (!python) process.exit(5);
process.env.TRITON_LOCAL_TEST_PYTHON = python;
const triton = await ensureTriton();
if (triton) process.env.TRITON_LOCAL_TEST_TRITON = triton;
const azureAiMl = wanted.includes('azure-sdk') ? await ensureAzureAiMl() : undefined;
if (azureAiMl) process.env.TRITON_LOCAL_TEST_AZURE_AI_ML = azureAiMl;
for (const name of wanted) {
  process.stdout.write(`\n# ${name}\n`);
  await (await load(name)).run();
}

/** Drivers share the helpers of the tests, which are TypeScript: bundled beside the driver, read, and removed. */
async function load(name) {
  const esbuild = await import('esbuild');
  const outfile = path.join(folder, `.${name}.built.mjs`);
  await esbuild.build({
    entryPoints: [path.join(folder, `${name}.mjs`)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'warning',
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(outfile);
  }
}
