// `npm run bench [-- NAME ...]`: sets up what is missing and runs the drivers test/bench/NAME.mjs one after another,
// all of them without a name. Each prints a table; test/bench/README.md holds the figures that count.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensurePeers } from './peers.mjs';
import { root, say, setUp } from './setup.mjs';

const folder = path.join(root, 'test/bench');
const known = readdirSync(folder)
  .filter((name) => name.endsWith('.mjs'))
  .map((name) => name.slice(0, -'.mjs'.length))
  .sort();
const wanted = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  say(`There is no benchmark ${unknown.join(', ')}. There are: ${known.join(', ')}`);
  process.exit(2);
}
await setUp();
process.env.TRITON_LOCAL_TEST_PYTHON = (await ensurePeers()) ?? '';
for (const name of wanted) {
  say(`\n# ${name}`);
  const driver = await import(pathToFileURL(path.join(folder, `${name}.mjs`)).href);
  await driver.run();
}
