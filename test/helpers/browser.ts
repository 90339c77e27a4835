import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const PROGRAMS = ['chromium-headless-shell', 'chromium', 'google-chrome'];

/** A headless Chromium of this machine; undefined if there is none. */
export const browserProgram: string | undefined = PROGRAMS.flatMap((name) =>
  (process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, name)),
).find((program) => existsSync(program));

/** A browser of its own. Containers let Chromium have no sandbox, and give it little shared memory. */
export function startBrowser(): Promise<Browser> {
  if (browserProgram === undefined) throw new Error('there is no Chromium on this machine');
  return chromium.launch({
    executablePath: browserProgram,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

/** A page that remembers what went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, violations of the policy, requests that failed or left this machine. */
  readonly faults: string[];
}

export async function openPage(browser: Browser, url: string): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const faults: string[] = [];
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && origin !== new URL(url).origin) faults.push(`elsewhere: ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}
