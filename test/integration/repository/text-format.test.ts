import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  listModelDirectories,
  ModelConfigError,
  modelConfigJson,
  parseModelConfigText,
} from '../../../src/repository/index.ts';
import { type GoldenRepositories, unpackGolden } from '../../unit/repository/golden.ts';

const python = process.env.TRITON_LOCAL_TEST_PYTHON;

// Google's own text format reader over the messages that the real tritonclient ships.
const READ_ALL = `
import json, sys
from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2
for text in json.load(sys.stdin):
    try:
        config = text_format.Parse(text, model_config_pb2.ModelConfig())
        answer = json_format.MessageToDict(
            config, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    except Exception:
        answer = None
    # A field of the newer release that tritonclient's messages are from; Triton 2.51 does not have it.
    if answer and 'ensemble_scheduling' in answer:
        answer['ensemble_scheduling'].pop('max_inflight_requests', None)
    print(json.dumps(answer))
`;

describe.skipIf(!python)('config.pbtxt read by us and by protobuf', () => {
  let repositories: GoldenRepositories;
  let texts: string[];
  beforeAll(async () => {
    repositories = await unpackGolden();
    texts = await readTexts(repositories.good, repositories.bad);
  });
  afterAll(() => repositories[Symbol.asyncDispose]());

  it('gives the same values', () => {
    expect(texts.map(ours)).toEqual(theirs(texts));
  });

  it('is refused in the same places when broken, by us with line and column', () => {
    const random = makeRandom(2_051);
    const sound = texts.filter((text) => text.length > 40);
    const broken = Array.from({ length: 1_500 }, () => breakText(sound[random(sound.length)] ?? '', random));
    const answers = theirs(broken);
    const differing = broken.filter((text, index) => (ours(text) === null) !== (answers[index] === null));
    // Its Python reader lets unknown escapes pass; the C++ reader, which Triton has, and we do not.
    expect(differing.filter((text) => !/\\[^\n]/.test(text))).toEqual([]);
    expect(answers.filter((answer) => answer === null).length).toBeGreaterThan(500);
  });
});

async function readTexts(...directories: string[]): Promise<string[]> {
  const texts: string[] = [];
  for (const directory of directories) {
    for (const name of await listModelDirectories(directory)) {
      const text = await readFile(path.join(directory, name, 'config.pbtxt'), 'utf8').catch(() => undefined);
      if (text !== undefined) texts.push(text);
    }
  }
  return texts;
}

function ours(text: string): unknown {
  try {
    return withIntegersAsText(modelConfigJson(parseModelConfigText(text, 'config.pbtxt')));
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    expect(error.location).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
    return null;
  }
}

function theirs(texts: readonly string[]): unknown[] {
  const output = execFileSync(python ?? '', ['-c', READ_ALL], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return output
    .trim()
    .split('\n')
    .map((line) => withIntegersAsText(JSON.parse(line)));
}

/** ProtoJSON writes 64-bit integers as strings; Triton, and so we, as numbers. */
function withIntegersAsText(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(withIntegersAsText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withIntegersAsText(member)]));
}

const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  ';',
  '"',
  "'",
  '-',
  '#',
  'x',
  '0',
  '1.5',
  '<',
  '>',
  '08',
  '::',
  '\n',
  '/*',
];

function breakText(text: string, random: (below: number) => number): string {
  const at = random(text.length);
  const length = random(3) === 0 ? random(12) : 1;
  const piece = PIECES[random(PIECES.length)] ?? '';
  return random(2) === 0
    ? text.slice(0, at) + text.slice(at + length)
    : text.slice(0, at) + piece + text.slice(at);
}

/** A small generator with a seed (mulberry32), so that a failure comes again. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
