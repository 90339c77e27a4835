import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Our package folder: above `dist/` when bundled, above `src/` when run from source. */
export function packageDirectory(): string {
  const here = fileURLToPath(new URL('.', import.meta.url)).replaceAll('\\', '/');
  return here.replace(/\/(?:dist|src\/cli)\/$/, '');
}

/** The version in our package.json. */
export function packageVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(`${packageDirectory()}/package.json`, 'utf8'),
  );
  return manifest.version;
}
