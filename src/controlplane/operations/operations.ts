import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { within } from '../../base/index.ts';
import type { AzureState, AzureWorkspace, JsonObject, OperationRecord } from '../../workspace/index.ts';
import { errorBody } from '../arm-error.ts';

/** A long-running operation, as the workspace records it. */
export type Operation = OperationRecord;

export interface OperationRequest {
  /** The path of the resource in the workspace: `onlineEndpoints/NAME[/deployments/NAME]`. */
  readonly resource: string;
  readonly kind: Operation['kind'];
  /** What the operation needs; recorded with it, so that it can run again. */
  readonly input: JsonObject;
}

/** The long-running operations of a workspace. */
export interface Operations {
  find(id: string): Operation | undefined;
  /** The operations in progress, oldest first. */
  inProgress(): readonly Operation[];
  /** Records an operation and starts it after those before it. An equal one that is still in progress is joined. */
  start(request: OperationRequest): Promise<Operation>;
  /** Resolves once the operation has ended, or after `milliseconds`. */
  ended(id: string, milliseconds: number): Promise<Operation | undefined>;
}

/** Does the work of an operation. It may run twice, if the process ends before the result is recorded. */
export type RunOperation = (operation: Operation, signal: AbortSignal) => Promise<void>;

/** What became of an operation while no process ran it, if it must not run again. */
export type EndedMeanwhile = (
  state: AzureState,
  operation: Operation,
) => 'Succeeded' | 'Canceled' | undefined;

interface Running {
  readonly operation: Operation;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Operations that have ended and that clients may still ask for. */
const KEPT = 200;
const KEPT_MS = 24 * 3_600_000;

const CANCELED = { code: 'OperationCanceled', message: 'The resource was deleted in the meantime.' };

/**
 * Runs long-running operations, those of one endpoint one after another. Each is recorded in the workspace before it
 * starts. One that was in progress when its process ended runs again the next time.
 */
export class OperationQueue implements Operations, AsyncDisposable {
  readonly #workspace: AzureWorkspace;
  readonly #run: RunOperation;
  readonly #operations = new Map<string, Operation>();
  readonly #running = new Map<string, Running>();
  /** The end of the last operation of each endpoint. */
  readonly #last = new Map<string, Promise<void>>();
  #isClosed = false;

  private constructor(workspace: AzureWorkspace, run: RunOperation) {
    this.#workspace = workspace;
    this.#run = run;
  }

  /** Reads the recorded operations and starts those in progress again, unless they have ended meanwhile. */
  static async open(
    workspace: AzureWorkspace,
    run: RunOperation,
    endedMeanwhile: EndedMeanwhile,
  ): Promise<OperationQueue> {
    const queue = new OperationQueue(workspace, run);
    const state = await workspace.read();
    for (const operation of state.operations) {
      queue.#operations.set(operation.id, operation);
      if (operation.status !== 'InProgress') continue;
      const status = endedMeanwhile(state, operation);
      if (status === undefined) queue.#enqueue(operation);
      else await queue.#end(operation, status, status === 'Canceled' ? CANCELED : null);
    }
    return queue;
  }

  find(id: string): Operation | undefined {
    return this.#operations.get(id);
  }

  inProgress(): readonly Operation[] {
    return [...this.#running.values()].map(({ operation }) => operation);
  }

  async start({ resource, kind, input }: OperationRequest): Promise<Operation> {
    const last = this.inProgress().findLast(
      (operation) => endpointOf(operation.resource) === endpointOf(resource),
    );
    const isSame = last?.resource === resource && last.kind === kind && isDeepStrictEqual(last.input, input);
    if (last && isSame) return last;
    const operation: Operation = {
      id: randomUUID(),
      resource,
      kind,
      status: 'InProgress',
      error: null,
      startTime: new Date().toISOString(),
      endTime: null,
      input,
    };
    await this.#record(operation);
    if (kind === 'delete') this.#cancelBelow(resource);
    if (!this.#isClosed) this.#enqueue(operation);
    return operation;
  }

  async ended(id: string, milliseconds: number): Promise<Operation | undefined> {
    const running = this.#running.get(id);
    if (running) await within(running.done, milliseconds);
    return this.find(id);
  }

  /** Resolves once no operation is in progress. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Ends the operations in progress. They stay recorded, and run again the next time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { abort } of this.#running.values()) abort.abort();
    await this.settled();
  }

  /** What is deleted need not be finished. */
  #cancelBelow(resource: string): void {
    for (const { operation, abort } of this.#running.values())
      if (operation.resource === resource || operation.resource.startsWith(`${resource}/`)) abort.abort();
  }

  #enqueue(operation: Operation): void {
    const endpoint = endpointOf(operation.resource);
    const abort = new AbortController();
    const before = this.#last.get(endpoint) ?? Promise.resolve();
    const done = before
      .then(() => this.#perform(operation, abort.signal))
      .finally(() => {
        this.#running.delete(operation.id);
        if (this.#last.get(endpoint) === done) this.#last.delete(endpoint);
      });
    this.#last.set(endpoint, done);
    this.#running.set(operation.id, { operation, abort, done });
  }

  async #perform(operation: Operation, signal: AbortSignal): Promise<void> {
    let status: Operation['status'] = 'Succeeded';
    let error: Operation['error'] = null;
    try {
      signal.throwIfAborted();
      await this.#run(operation, signal);
    } catch (thrown) {
      if (signal.aborted && this.#isClosed) return;
      status = signal.aborted ? 'Canceled' : 'Failed';
      const { code, message } = errorBody(thrown);
      error = signal.aborted ? CANCELED : { code, message };
    }
    await this.#end(operation, status, error);
  }

  async #end(operation: Operation, status: Operation['status'], error: Operation['error']): Promise<void> {
    // What was needed to run it, which may hold secrets, is needed no more.
    const ended = { ...operation, status, error, endTime: new Date().toISOString(), input: {} };
    // The result counts for its clients even if it cannot be recorded; then the operation runs again after a restart.
    await this.#record(ended).catch(() => undefined);
  }

  #record(operation: Operation): Promise<void> {
    this.#operations.set(operation.id, operation);
    return this.#workspace.changeOperations((recorded) => {
      const all = [...recorded.filter(({ id }) => id !== operation.id), operation];
      const kept = withoutOld(all);
      for (const { id } of all) if (!kept.some((it) => it.id === id)) this.#operations.delete(id);
      return kept;
    });
  }
}

/** Drops operations that ended long ago, or before many others. */
function withoutOld(operations: readonly Operation[]): readonly Operation[] {
  const oldest = new Date(Date.now() - KEPT_MS).toISOString();
  const ended = operations.filter(({ endTime }) => endTime !== null);
  const old = new Set([
    ...ended.slice(0, Math.max(0, ended.length - KEPT)),
    ...ended.filter(({ endTime }) => (endTime ?? '') < oldest),
  ]);
  return operations.filter((operation) => !old.has(operation));
}

/** `onlineEndpoints/NAME` of an endpoint or of a deployment. */
function endpointOf(resource: string): string {
  return resource.split('/', 2).join('/').toLowerCase();
}
