import type { RepositoryAction, RepositorySync, RepositoryTurn } from '../../repository/index.ts';
import { firstMessage, MOST_READ_BYTES, readModelName } from './grpc-model-name.ts';
import type { GrpcRefusal } from './grpc-refusal.ts';
import { isRepositoryMessage } from './repository-message.ts';
import { notUpdated } from './repository-request.ts';

/** What a call to the repository API does on its connection. */
export interface RepositoryCallStream {
  /** Sends frames that were held back on to the engine. */
  release(frames: readonly Buffer[]): void;
  /** Resets the stream to the engine and answers the client. */
  refuse(refusal: GrpcRefusal, isClientDone: boolean): void;
  /** Leaves out frames; the client may send as much again. */
  discard(frames: readonly Buffer[]): void;
}

export interface RepositoryCallOptions {
  readonly action: RepositoryAction;
  /** Why the call is refused, if it is. */
  readonly refusal?: GrpcRefusal | undefined;
  /** Brings the engine's files up to date before the engine gets the call. */
  readonly sync?: RepositorySync | undefined;
  /** Called once the engine has answered the call. */
  readonly onAnswered: () => void;
}

type State =
  /** The call is refused once its first message is there, as Triton first says whether it can read that. */
  | { readonly at: 'refusing'; readonly refusal: GrpcRefusal }
  /** The model's name has not arrived yet. */
  | { readonly at: 'reading' }
  /** The engine's files are being updated. */
  | { readonly at: 'updating' }
  | { readonly at: 'passing'; readonly turn: RepositoryTurn | undefined }
  /** What the client still sends is discarded. */
  | { readonly at: 'refused' }
  | { readonly at: 'over' };

/** In Triton's words. */
const UNREADABLE: GrpcRefusal = { status: 'INTERNAL', message: 'Unable to parse request' };

const PASSING: State = { at: 'passing', turn: undefined };

/**
 * A call to the repository API. The engine has its header fields at once, since blocks of them must arrive in order, but
 * carries it out only when it has the message. So that is what waits for the engine's files, or never arrives.
 */
export class RepositoryCall {
  readonly #options: RepositoryCallOptions;
  readonly #stream: RepositoryCallStream;
  #state: State;
  #held: Buffer[] = [];
  #message: Buffer = Buffer.alloc(0);
  /** Whether the client has sent everything. */
  #isClientDone = false;
  /** Whether the engine's answer has a message: a failed call's has none. */
  #hasAnswer = false;

  /** @param isClientDone whether the call has no message at all */
  constructor(options: RepositoryCallOptions, stream: RepositoryCallStream, isClientDone: boolean) {
    this.#options = options;
    this.#stream = stream;
    const { action, refusal, sync } = options;
    // The engine itself refuses a call without a message.
    if (isClientDone) this.#state = PASSING;
    else if (refusal) this.#state = { at: 'refusing', refusal };
    else if (!sync) this.#state = PASSING;
    else if (action === 'index') {
      this.#state = { at: 'updating' };
      void this.#update(sync, '');
    } else this.#state = { at: 'reading' };
  }

  get isOver(): boolean {
    return this.#state.at === 'over';
  }

  /** Whether the engine must not get the client's messages, or not yet. */
  get takesData(): boolean {
    const { at } = this.#state;
    return at !== 'passing' && at !== 'over';
  }

  /** Takes a DATA frame and what it carries. */
  takeData(frame: Buffer, content: Buffer, isLast: boolean): void {
    const state = this.#state;
    this.#isClientDone ||= isLast;
    if (state.at === 'refusing' || state.at === 'refused') {
      this.#stream.discard([frame]);
      if (state.at === 'refusing') this.#refuseOnceRead(content, state.refusal);
      else if (isLast) this.#state = { at: 'over' };
      return;
    }
    this.#held.push(frame);
    if (state.at !== 'reading') return;
    this.#message = Buffer.concat([this.#message, content]);
    const found = readModelName(this.#message);
    const model = found === 'more' && isLast ? undefined : found;
    if (model === 'more') return;
    this.#message = Buffer.alloc(0);
    const { sync } = this.#options;
    if (sync && model !== undefined) void this.#update(sync, model);
    else this.#pass(undefined);
  }

  /** A large message is not waited for: it would be held in memory for nothing. */
  #refuseOnceRead(content: Buffer, refusal: GrpcRefusal): void {
    this.#message = Buffer.concat([this.#message, content]);
    const message = firstMessage(this.#message);
    if (message === undefined && !this.#isClientDone && this.#message.length < MOST_READ_BYTES) return;
    const isReadable = message
      ? message.isCompressed || isRepositoryMessage(message.bytes)
      : !this.#isClientDone;
    this.#message = Buffer.alloc(0);
    this.#refuse(isReadable ? refusal : UNREADABLE);
  }

  async #update(sync: RepositorySync, model: string): Promise<void> {
    this.#state = { at: 'updating' };
    try {
      const turn = await sync.begin(this.#options.action, model);
      if (this.isOver) void turn.end(false);
      else this.#pass(turn);
    } catch {
      if (!this.isOver) this.#refuse({ status: 'INTERNAL', message: notUpdated(model) });
    }
  }

  #pass(turn: RepositoryTurn | undefined): void {
    this.#state = { at: 'passing', turn };
    this.#stream.release(this.#held.splice(0));
  }

  #refuse(refusal: GrpcRefusal): void {
    this.#state = this.#isClientDone ? { at: 'over' } : { at: 'refused' };
    this.#stream.discard(this.#held.splice(0));
    this.#stream.refuse(refusal, this.#isClientDone);
  }

  /** The engine has sent a part of a message. */
  onEngineData(): void {
    this.#hasAnswer = true;
  }

  /** The engine has ended its answer, or reset the stream. */
  onEngineEnd(isReset: boolean): void {
    if (this.#state.at !== 'refused') this.#end(this.#hasAnswer && !isReset);
  }

  /** The client has cancelled the call, or the connection is gone. */
  cancel(): void {
    this.#end(false);
  }

  #end(succeeded: boolean): void {
    const state = this.#state;
    this.#state = { at: 'over' };
    this.#stream.discard(this.#held.splice(0));
    if (state.at !== 'passing') return;
    void state.turn?.end(succeeded);
    this.#options.onAnswered();
  }
}
