import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { peerPython, runPython } from '../helpers/python.ts';
import { repositoryRoot } from '../helpers/temp-project.ts';

const sample = (name: string) => path.join(repositoryRoot, 'sample-models', name);

const RUN_CLIENT = `
import runpy, sys
client = runpy.run_path(sys.argv[1])
client["main"](*sys.argv[2:])
`;

describe.skipIf(!peerPython)('the samples of Python models', () => {
  it('digits-pipeline reads an image file, and says what is wrong with another', async () => {
    const project = sample('digits-pipeline');
    await using emulator = await EmulatorProcess.startReady({ projectDir: project });
    const url = new URL(emulator.urls.http).host;
    const printed = await runPython(
      RUN_CLIENT,
      path.join(project, 'client.py'),
      path.join(project, 'four.pgm'),
      url,
    );
    expect(printed).toMatch(/^four \(1\.000\)/);
    const failing = await runPython(
      `
import sys
import numpy
import tritonclient.http as triton
tensor = triton.InferInput("image", [1, 1], "BYTES")
tensor.set_data_from_numpy(numpy.array([[b"GIF89a"]], dtype=object))
try:
    triton.InferenceServerClient(sys.argv[1]).infer("read_digit", [tensor])
except triton.InferenceServerException as error:
    print(error)
`,
      url,
    );
    expect(failing).toContain("in ensemble 'read_digit', the image is not a binary PGM file");
  });

  it('streaming-text streams a story word by word', async () => {
    const project = sample('streaming-text');
    await using emulator = await EmulatorProcess.startReady({ projectDir: project });
    const { http } = emulator.urls;
    const answer = await fetch(`${http}/v2/models/storyteller/generate_stream`, {
      method: 'POST',
      body: JSON.stringify({ text_input: 'The server', max_words: 7 }),
    });
    const words = (await answer.text()).split('\n').filter((line) => line.startsWith('data: '));
    expect(words).toHaveLength(7);
    const story = await readFile(path.join(project, 'models/triton/storyteller/1/story.txt'), 'utf8');
    for (const line of words) expect(story).toContain(JSON.parse(line.slice(6)).text_output);
    expect(await runPython(RUN_CLIENT, path.join(project, 'client.py'), 'The server', http)).toMatch(
      /^The server( \S+){20}/,
    );
    const refused = await runPython(
      `
import sys
import numpy
import tritonclient.http as triton
tensor = triton.InferInput("text_input", [1], "BYTES")
tensor.set_data_from_numpy(numpy.array([b"x"], dtype=object))
try:
    triton.InferenceServerClient(sys.argv[1]).infer("storyteller", [tensor])
except triton.InferenceServerException as error:
    print(error)
`,
      new URL(http).host,
    );
    expect(refused).toContain("doesn't support models with decoupled transaction policy");
  });
});
