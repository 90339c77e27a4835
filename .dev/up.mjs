// `npm run up`: sets up what is missing and starts the emulator on the sample. The CLI runs in this very process, so
// that the terminal, every signal and the exit status are its own; only npm stands above it.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

await setUp();
const cli = path.join(root, 'dist/cli.js');
process.argv = [
  process.execPath,
  cli,
  'up',
  path.join(root, 'sample-models/digits'),
  '--engine',
  'embedded',
  ...process.argv.slice(2),
];
await import(pathToFileURL(cli).href);
