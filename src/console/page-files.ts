import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemError } from '../base/index.ts';

/** The files of the web page, as the build wrote them. */
export interface PageFiles {
  /** With `TOKEN_PLACE` where the token belongs. */
  readonly html: string;
  readonly script: Buffer;
  readonly style: Buffer;
}

export const TOKEN_PLACE = '__TOKEN__';

/** Beside the bundle's chunks; run from its sources, in the build of the checkout. */
const HERE = path.dirname(fileURLToPath(import.meta.url));
const PLACES = [path.join(HERE, 'page'), path.join(HERE, '../../dist/page')];

/** @throws PAGE_MISSING if the installation lacks them */
export async function readPageFiles(): Promise<PageFiles> {
  for (const place of PLACES) {
    try {
      const [html, script, style] = await Promise.all([
        readFile(path.join(place, 'index.html'), 'utf8'),
        readFile(path.join(place, 'page.js')),
        readFile(path.join(place, 'page.css')),
      ]);
      return { html, script, style };
    } catch {
      // The next place may have them.
    }
  }
  throw systemError('PAGE_MISSING', `the files of the web page are missing next to ${HERE}`, {
    hint: 'reinstall triton-local',
  });
}
