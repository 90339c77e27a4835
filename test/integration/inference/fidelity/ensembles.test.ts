import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get } from './cases/case.ts';
import { sameForReaders } from './ensemble-answer.ts';
import { exchange, request, type WireRequest } from './exchange.ts';
import { ENSEMBLE_FILES, ENSEMBLE_REQUESTS, ENSEMBLES, MISTAKEN } from './repositories/ensembles.ts';
import {
  askShared,
  indexesOf,
  infer,
  type SharedRepository,
  startOnSharedRepository,
  writeModelFiles,
} from './shared-repository.ts';

if (!realTriton) skipLoudly('the comparison of ensembles with the real Triton');

describe.skipIf(!realTriton)('ensembles', () => {
  let pair: SharedRepository;

  beforeAll(async () => {
    pair = await startOnSharedRepository(realTriton ?? '', ENSEMBLE_FILES, 'none');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.each(Object.keys(ENSEMBLES))('%s: answers, streams and counts alike', async (name) => {
    for (const body of ENSEMBLE_REQUESTS) await alike(infer(name, body));
    for (const verb of ['generate', 'generate_stream'])
      for (const data of [[1, 2], [[1, 2]]]) await alike(infer(name, { I: data }, verb));
    await alike(get(`/v2/models/${name}`));
    await alike(get(`/v2/models/${name}/config`));
    // Triton counts a request after it has answered it.
    await vi.waitFor(() => alike(get(`/v2/models/${name}/stats`)), 10_000);
  });

  it.each(Object.keys(MISTAKEN))('%s: is refused, or answers, alike', async (name) => {
    const [real, ours] = await indexesOf(pair);
    expect(ours.get(name)).toEqual(real.get(name));
    expect(refusals(pair.ourLog, name)).toEqual(refusals(pair.realLog, name));
    await alike(infer(name, ENSEMBLE_REQUESTS[0] ?? {}));
  });

  it('answers an ensemble that overwrites its own input, which the real one never does', async () => {
    expect((await exchange(pair.ourPort, infer('overwrites', ENSEMBLE_REQUESTS[0] ?? {}))).status).toBe(200);
  });

  async function alike(asked: ReturnType<typeof infer>): Promise<void> {
    const [real, ours] = await askShared(pair, asked);
    expect(sameForReaders(ours)).toEqual(sameForReaders(real));
  }
});

describe.skipIf(!realTriton)('ensembles whose members change', () => {
  const names = ['add1', 'mul2', 'e_one', 'e_chain', 'e_nested'];
  const files = Object.fromEntries(
    Object.entries(ENSEMBLE_FILES).filter(([file]) => names.includes(file.split('/')[0] ?? '')),
  );
  const model = files['add1/1/model.py'] ?? '';
  const config = files['add1/config.pbtxt'] ?? '';
  const control = (name: string, verb: string) => request('POST', `/v2/repository/models/${name}/${verb}`);

  it('follow loads and unloads as the real ones do, step by step', async () => {
    await using pair = await startOnSharedRepository(realTriton ?? '', files, 'explicit');
    const alike = async (...steps: WireRequest[]) => {
      for (const step of steps) {
        const [real, ours] = await askShared(pair, step);
        expect(ours.status).toBe(real.status);
      }
      await vi.waitFor(async () => {
        const [real, ours] = await indexesOf(pair);
        expect(JSON.stringify([...ours.values()])).not.toContain('LOADING');
        expect(ours).toEqual(real);
      }, 5_000);
      for (const name of ['e_one', 'e_nested']) {
        const [real, ours] = await askShared(pair, infer(name, ENSEMBLE_REQUESTS[0] ?? {}));
        expect(sameForReaders(ours)).toEqual(sameForReaders(real));
      }
    };
    await alike();
    await alike(control('add1', 'unload'));
    await alike(control('add1', 'load'));
    writeModelFiles(pair.directory, { 'add1/1/model.py': model.replace('+ 1', '+ 50') });
    await alike(control('add1', 'load'));
    writeModelFiles(pair.directory, { 'add1/config.pbtxt': config.replaceAll('dims: [ 2 ]', 'dims: [ 3 ]') });
    await alike(control('add1', 'load'));
    writeModelFiles(pair.directory, { 'add1/config.pbtxt': config });
    await alike(control('add1', 'load'));
    writeModelFiles(pair.directory, { 'add1/1/model.py': 'x = (' });
    await alike(control('add1', 'load'));
    writeModelFiles(pair.directory, { 'add1/1/model.py': model });
    await alike(control('e_one', 'unload'), control('add1', 'load'));
    await alike(control('mul2', 'unload'), control('mul2', 'load'));
  });
});

/** What a log says of a model that was not loaded, each text once. */
function refusals(log: readonly string[], name: string): readonly string[] {
  const prefix = new RegExp(
    `^(?:failed to load '${name}'(?: version \\d+)?: |Poll failed for model directory '${name}': |Invalid argument: (?=(?:in )?ensemble '?${name}'?[ ,]|circular dependency between ensembles: ${name} ))`,
  );
  return [...new Set(log.filter((line) => prefix.test(line)).map((line) => line.replace(prefix, '')))];
}
