import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openInBrowser } from '../../../src/ui/tui/open-browser.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const URL_OF_PAGE = 'http://localhost:6789/_triton-local/';

describe.skipIf(process.platform === 'win32')('opening the browser', () => {
  /** Runs with this script as the only `xdg-open`. */
  async function withOpener(script: string | undefined, task: (folder: TempFolder) => Promise<void>) {
    await using folder = await TempFolder.create();
    const before = process.env.PATH;
    if (script !== undefined) {
      await writeFile(folder.path('xdg-open'), `#!/bin/sh\n${script}\n`);
      await chmod(folder.path('xdg-open'), 0o755);
    }
    process.env.PATH =
      script === undefined ? folder.directory : `${folder.directory}${path.delimiter}${before}`;
    try {
      await task(folder);
    } finally {
      process.env.PATH = before;
    }
  }

  it('passes the address to the program of the system', () =>
    withOpener('echo "$@" > "$(dirname "$0")/opened"', async (folder) => {
      await openInBrowser(URL_OF_PAGE, 'linux');
      expect(await readFile(folder.path('opened'), 'utf8')).toBe(`${URL_OF_PAGE}\n`);
    }));

  it.each([
    ['fails', 'exit 3'],
    ['is missing', undefined],
  ])('says the address if that program %s', async (_case, script) =>
    withOpener(script, async () => {
      await expect(openInBrowser(URL_OF_PAGE, 'linux')).rejects.toThrow(
        expect.objectContaining({
          code: 'BROWSER_UNAVAILABLE',
          message: expect.stringContaining(URL_OF_PAGE),
        }),
      );
    }),
  );
});
