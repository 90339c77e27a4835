import { mkdir, writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserProgram, openPage, startBrowser } from '../helpers/browser.ts';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { freePort } from '../helpers/free-port.ts';
import { peerPython, runPython } from '../helpers/python.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { DigitsProject, readHeldOut, score } from './digits.ts';

const ATTACK = `<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>`;
/** A model whose name is markup; it has no version, so it cannot be loaded. */
const ATTACK_MODEL = `<img src=x onerror=window.attacked=1>`;

const pageOf = (emulator: EmulatorProcess) => `${emulator.urls.scoring}/_triton-local/`;
const text = (page: Page, selector: string) => page.locator(selector).innerText();
/** All lines: those out of sight are not rendered, so that they have no `innerText`. */
const logOf = (page: Page) => page.locator('#log').textContent();

describe.skipIf(!peerPython || !browserProgram)('the web page', () => {
  let browser: Browser;
  let project: DigitsProject;
  let emulator: EmulatorProcess;

  beforeAll(async () => {
    [browser, project] = await Promise.all([startBrowser(), DigitsProject.create()]);
    emulator = await EmulatorProcess.startReady({ projectDir: project.directory });
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), emulator?.[Symbol.asyncDispose]()]);
    await project?.[Symbol.asyncDispose]();
  });

  it('shows what runs, and each request within moments, with nothing from elsewhere', async () => {
    const { page, faults } = await openPage(browser, pageOf(emulator));
    await expect.poll(() => text(page, '#state')).toBe('ready');
    await expect.poll(() => text(page, '#facts')).toContain('gen 1');
    expect(await text(page, '#facts')).toContain(emulator.urls.score);
    await expect.poll(() => text(page, '#models tbody tr')).toMatch(/digits\s+1\s+READY/);
    const { images } = await readHeldOut();
    await score(emulator.urls.score, images[0] ?? []);
    // The script's own request to the model is there too, with the batch that the model ran.
    await expect
      .poll(() => page.locator('#requests tbody tr').allInnerTexts())
      .toEqual([
        expect.stringMatching(/POST \/score\s+200\s+1\s/),
        expect.stringMatching(/POST \/v2\/models\/digits\/infer\s+200\s+1\s/),
        expect.stringMatching(/GET \/v2\/models\/digits\/ready\s+200\s/),
      ]);
    await page.fill('#request-filter', 'infer 200');
    expect(await page.locator('#requests tbody tr').count()).toBe(1);
    await expect.poll(() => text(page, '#charts')).toMatch(/Requests: .*most [1-9]/);
    await expect.poll(() => logOf(page)).toContain("successfully loaded 'digits'");
    await page.fill('#log-filter', 'nothing says this');
    expect(await page.locator('#log .line').count()).toBe(0);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('follows a reload, and asks for actions', async () => {
    const { page, faults } = await openPage(browser, pageOf(emulator));
    await project.saveEdition('new');
    await expect.poll(() => text(page, '#facts'), { timeout: 30_000 }).toContain('gen 2');
    await expect.poll(() => text(page, '#reloads')).toMatch(/score\.py: completed in .*gen 2/);
    const line = await project.saveBroken();
    await expect.poll(() => text(page, '#problems'), { timeout: 30_000 }).toContain(`score.py:${line}`);
    expect(await page.locator('#state').getAttribute('data-state')).toBe('stale');
    await project.saveEdition('again');
    await expect.poll(() => text(page, '#problems'), { timeout: 30_000 }).toBe('');

    const after = emulator.lastSeq;
    await page.getByRole('button', { name: 'Reload digits' }).click();
    await emulator.waitFor('reload.completed', ({ actions }) => actions[0]?.target === 'digits', { after });
    await page.getByRole('button', { name: 'Pause watching' }).click();
    await emulator.waitFor('reload.watching', ({ mode }) => mode === 'paused');
    // By keyboard alone.
    await page.getByRole('button', { name: 'Resume watching' }).focus();
    await page.keyboard.press('Enter');
    await emulator.waitFor('reload.watching', ({ mode }) => mode !== 'paused', { after });
    await page.getByRole('button', { name: 'Pin the last request' }).click();
    await expect.poll(() => text(page, '#facts')).toContain('POST /score 200');
    await page.getByRole('button', { name: 'Unpin the request' }).click();
    await emulator.waitFor('replay.unpinned');
    expect(faults).toEqual([]);
    await page.close();
  });

  it('sends requests to the script and to a model, and gives them as code that works', async () => {
    const { page, faults } = await openPage(browser, `${pageOf(emulator)}#try`);
    await expect.poll(() => page.inputValue('#try-body')).toMatch(/^\{"image":/);
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => text(page, '#answer-facts')).toMatch(/^200 .*run\(\) .*gen \d/);
    expect(await text(page, '#answer-body')).toContain('"digit"');
    const answer = JSON.parse(await text(page, '#answer-body'));

    await page.selectOption('#code-language', 'python');
    const printed = await runPython(await text(page, '#code'));
    expect(JSON.parse(printed.slice(printed.indexOf('{')))).toEqual(answer);

    await page.selectOption('#try-target', 'digits');
    await expect.poll(() => page.inputValue('#try-body')).toContain('"shape": [1,64]');
    await page.getByLabel('Values').fill(JSON.stringify(new Array(128).fill(1)));
    await page.getByLabel('Shape').fill('2, 64');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => text(page, '#answer-body')).toContain('"shape": [2,10]');
    expect(await text(page, '#answer-outputs')).toContain('probabilities · FP32 [2, 10]');
    await page.selectOption('#code-language', 'curl');
    expect(await text(page, '#code')).toContain(`${emulator.urls.http}/v2/models/digits/infer`);

    await page.fill('#try-body', '{"inputs": [');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => text(page, '#answer-facts')).toMatch(/^500 /);
    expect(await text(page, '#answer-body')).toContain('failed to parse the request JSON buffer');
    expect(await text(page, '#try-error')).toContain('not JSON');
    // A browser reports each answer of 400 and above.
    expect(faults.filter((fault) => !fault.includes('status of 500'))).toEqual([]);
    await page.close();
  });

  it('can be used in a narrow window, by keyboard, in the dark', async () => {
    const { page, faults } = await openPage(browser, pageOf(emulator));
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 640 });
    for (const view of ['#watch', '#try']) {
      await page.goto(`${pageOf(emulator)}${view}`);
      await expect.poll(() => text(page, '#state')).toBe('ready');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      // Every control that can be seen has a name.
      for (const control of await page.locator('button, input, select, textarea, a').all()) {
        if (await control.isVisible()) expect(await control.ariaSnapshot()).toMatch(/"[^"]+"|text:/);
      }
    }
    const dark = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).not.toBe(dark);
    expect(faults).toEqual([]);
    await page.close();
  });

  it('shows markup in log lines, model names, answers and errors as text', async () => {
    await using folder = await TempFolder.create();
    await mkdir(folder.path('models/triton', ATTACK_MODEL), { recursive: true });
    await writeFile(folder.path('models/triton', ATTACK_MODEL, 'config.pbtxt'), 'backend: "onnxruntime"\n');
    const script = (body: string) =>
      `ATTACK = ${JSON.stringify(ATTACK)}\ndef init():\n    print(ATTACK)\ndef run(data):\n    ${body}\n`;
    await writeFile(folder.path('score.py'), script('print(ATTACK)\n    return {ATTACK: ATTACK}'));
    await using attacked = await EmulatorProcess.start({ projectDir: folder.directory });
    await attacked.waitFor('worker.ready');
    const degraded = await attacked.waitFor('emulator.degraded');
    const base = `${new URL(degraded.scoringUri).origin}/_triton-local/`;
    const { page } = await openPage(browser, `${base}#try`);
    await expect.poll(() => page.inputValue('#try-body')).not.toBe('');
    await page.fill('#try-body', JSON.stringify(ATTACK));
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => text(page, '#answer-body')).toContain('window.attacked');
    await page.goto(`${base}?${encodeURIComponent(ATTACK)}#watch`);
    await expect.poll(() => logOf(page)).toContain(ATTACK);
    await expect.poll(() => text(page, '#models')).toContain(ATTACK_MODEL);
    await writeFile(
      folder.path('score.py'),
      script('pass').replace('print(ATTACK)', 'raise ValueError(ATTACK)'),
    );
    await expect.poll(() => text(page, '#problems'), { timeout: 30_000 }).toContain(ATTACK);
    await fetch(`${degraded.scoringUri}${encodeURIComponent(ATTACK)}`);
    await expect.poll(() => text(page, '#requests')).toContain('window.attacked');
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(await page.locator('main img, main script').count()).toBe(0);
    await page.close();
  });

  it('comes back by itself when another emulator starts on its port, and sends a key', async () => {
    await using other = await DigitsProject.create();
    const args = ['--port', String(await freePort())];
    const first = await EmulatorProcess.startReady({ projectDir: other.directory, args });
    const { page } = await openPage(browser, pageOf(first));
    await expect.poll(() => text(page, '#state')).toBe('ready');
    const token = await page.locator('meta[name=token]').getAttribute('content');
    // The stream does not hold up the end.
    await first.stop();
    await expect.poll(() => text(page, '#state')).toBe('not connected');
    await first[Symbol.asyncDispose]();

    await using second = await EmulatorProcess.startReady({
      projectDir: other.directory,
      args: [...args, '--auth', 'key'],
      environment: { TRITON_LOCAL_KEY: 'the-key' },
    });
    await expect.poll(() => text(page, '#state'), { timeout: 30_000 }).toBe('ready');
    await expect.poll(() => page.locator('meta[name=token]').getAttribute('content')).not.toBe(token);
    await page.goto(`${pageOf(second)}#try`);
    await expect.poll(() => page.inputValue('#try-body')).toMatch(/^\{"image":/);
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => text(page, '#answer-facts')).toMatch(/^401 /);
    await page.getByLabel('Access key').fill('the-key');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(() => text(page, '#answer-facts')).toMatch(/^200 /);
    await page.selectOption('#code-language', 'curl');
    expect(await text(page, '#code')).not.toContain('the-key');
    await page.close();
  });
});
