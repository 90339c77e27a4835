import { spawn } from 'node:child_process';
import { systemError } from '../../base/index.ts';

/** A program that still runs after this time has found a browser. */
const LIMIT_MS = 3_000;

/**
 * Opens an address in the user's browser, by the program that each system has for that.
 * @throws BROWSER_UNAVAILABLE if it is missing or finds no browser, as on a server
 */
export function openInBrowser(url: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  const [program, args] = openerOf(url, platform);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    const fail = () => reject(systemError('BROWSER_UNAVAILABLE', `no browser could be opened: ${url}`));
    const timer = setTimeout(resolve, LIMIT_MS);
    child.once('error', fail);
    child.once('exit', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else fail();
    });
    child.unref();
  });
}

function openerOf(url: string, platform: NodeJS.Platform): [program: string, args: readonly string[]] {
  if (platform === 'darwin') return ['open', [url]];
  // Without a shell, which would take `&` apart.
  if (platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]];
  return ['xdg-open', [url]];
}
