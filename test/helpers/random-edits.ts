import type { EmulatorProcess } from './emulator-process.ts';
import type { Answer, Load } from './load.ts';
import { type Edition, editionOf, type NamedProject, PARTS, type Part, WAYS } from './named-project.ts';

export interface RandomEditsOptions {
  readonly project: NamedProject;
  readonly emulator: EmulatorProcess;
  /** Load whose requests are `{"id": ...}`. */
  readonly load: Load;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
}

/** A stretch of time and what an answer in it may be made of. */
interface Window {
  readonly from: number;
  readonly least: Edition;
  most: Edition;
  until: number;
}

const MOST_EDITS = 4;
/** An answer that was sent before the last save was through may have its content. */
const LOOK_BACK_MS = 1_000;
const LONGEST_PAUSE_MS = 60;
const LONGEST_REST_MS = 80;

/**
 * Saves parts of the project at random, in bursts and in all ways that programs save, and knows for every answer
 * what it may have been made of: after `reload.completed` nothing but the newest, before that nothing older than
 * what served when the burst began.
 */
export class RandomEdits {
  readonly #options: RandomEditsOptions;
  readonly #windows: Window[] = [];
  #edits = 0;

  constructor(options: RandomEditsOptions) {
    this.#options = options;
    this.#open(options.project.edition, options.project.edition);
  }

  get edits(): number {
    return this.#edits;
  }

  /** One burst of saves; resolves when its last content serves and is all that serves. */
  async burst(): Promise<void> {
    const { project, emulator, random } = this.#options;
    const after = emulator.lastSeq;
    const before = project.edition;
    const parts = this.#choose();
    const window = this.#open(before, before);
    for (const part of parts) {
      const way = WAYS[Math.floor(random() * WAYS.length)] ?? 'in place';
      window.most = { ...project.edition, [part]: project.edition[part] + 1 };
      await project.save(part, way);
      this.#edits += 1;
      await sleep(random() < 0.4 ? 0 : random() * LONGEST_PAUSE_MS);
    }
    await untilServed(this.#options, parts, after);
    this.#open(project.edition, project.edition);
    await sleep(random() * LONGEST_REST_MS);
  }

  /** Answers that are not what they may be, once the load has stopped. */
  wrongAnswers(): readonly Answer[] {
    return this.#options.load.answers.filter((answer) => !this.#isRight(answer));
  }

  /** At most one save of the model, so that its reload is known by its event. */
  #choose(): Part[] {
    const { random } = this.#options;
    const parts: Part[] = [];
    for (let count = 1 + Math.floor(random() * MOST_EDITS); count > 0; count -= 1) {
      const part = PARTS[Math.floor(random() * PARTS.length)] ?? 'script';
      parts.push(part === 'model' && parts.includes('model') ? 'script' : part);
    }
    return parts;
  }

  #open(least: Edition, most: Edition): Window {
    const now = performance.now();
    const last = this.#windows.at(-1);
    if (last) last.until = now;
    const window = { from: now, least, most, until: Number.POSITIVE_INFINITY };
    this.#windows.push(window);
    return window;
  }

  /** Not older than what it may be when it was sent, and not newer than what was saved when it was answered. */
  #isRight({ sentAt, answeredAt, status, body }: Answer): boolean {
    const edition = editionOf(body);
    if (status !== 200 || !edition) return false;
    const sentIn = this.#windows.find(({ from, until }) => from <= sentAt && sentAt < until);
    const answeredIn = this.#windows.find(({ from, until }) => from <= answeredAt && answeredAt < until);
    if (!sentIn || !answeredIn) return sentAt < (this.#windows[0]?.from ?? 0);
    return PARTS.every(
      (part) => sentIn.least[part] <= edition[part] && edition[part] <= answeredIn.most[part],
    );
  }
}

/**
 * Resolves when what was saved last is all that serves.
 * @param parts what was saved, the model once at most
 * @param after the number of the last event before the saves
 */
export async function untilServed(
  { project, emulator, load }: Pick<RandomEditsOptions, 'project' | 'emulator' | 'load'>,
  parts: readonly Part[],
  after: number,
): Promise<void> {
  const wanted = project.edition;
  const since = performance.now() - LOOK_BACK_MS;
  const answer = await load.waitFor(({ body, stale }) => !stale && isEqual(editionOf(body), wanted), since);
  const completed = (kind: string, generation?: number) =>
    emulator.waitFor(
      'reload.completed',
      (event) =>
        event.actions.some((action) => action.kind === kind) &&
        (generation === undefined || event.generation === generation),
      { after },
    );
  if (parts.includes('model')) await completed('load-model');
  if (parts.some((part) => part !== 'model')) await completed('swap-workers', answer.generation);
}

/** Numbers that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function isEqual(one: Edition | undefined, other: Edition): boolean {
  return one !== undefined && PARTS.every((part) => one[part] === other[part]);
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
