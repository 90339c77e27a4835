import { readFile, stat } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';

/** A larger file is not a sample that anyone would edit. */
const MOST_BYTES = 1024 * 1024;

export interface SampleRoutesOptions {
  /** As in `emulator.ready`: a text, or `@` and a file. */
  readonly sample: () => string | undefined;
}

/** `GET /sample`: `{"body": TEXT}`, a body to try the script with; null without a sample, or if it is not text. */
export async function sampleRoutes(app: FastifyInstance, { sample }: SampleRoutesOptions): Promise<void> {
  app.get('/sample', async () => {
    const text = sample();
    return { body: text?.startsWith('@') ? await readText(text.slice(1)) : (text ?? null) };
  });
}

async function readText(file: string): Promise<string | null> {
  try {
    if ((await stat(file)).size > MOST_BYTES) return null;
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch {
    return null;
  }
}
