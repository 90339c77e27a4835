import { Readable, Transform, type TransformCallback } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { DeploymentRecord } from '../../workspace/index.ts';
import type { DeploymentAgent, ForwardedRequest } from './deployment-agent.ts';

/** A larger body is not copied: the copy is held in memory until the client has sent all of it. */
const MAX_COPIED_BYTES = 16 * 1024 * 1024;
/** More copies are dropped: a slow deployment must not collect requests whose answers nobody waits for. */
const MAX_IN_FLIGHT = 64;

/**
 * Chooses the deployment that gets a copy of a request.
 * @param mirrorTraffic the share of requests to copy, in percent, by deployment.
 * @param random at least 0 and below 1.
 */
export function chooseMirror(
  deployments: readonly DeploymentRecord[],
  mirrorTraffic: Readonly<Record<string, number>>,
  random: number,
): DeploymentRecord | undefined {
  const [name] = Object.entries(mirrorTraffic).find(([, percent]) => random * 100 < percent) ?? [];
  return deployments.find((deployment) => deployment.name === name);
}

/** Sends copies of requests; their answers and errors are thrown away, and the client waits for neither. */
export class Mirror {
  readonly #agent: DeploymentAgent;
  #inFlight = 0;

  constructor(agent: DeploymentAgent) {
    this.#agent = agent;
  }

  /**
   * Sends a copy to the deployment at `origin` once the client has sent the whole request.
   * @returns the request to forward in place of `request`: its body can be read once only.
   */
  copy(origin: string, method: Dispatcher.HttpMethod, request: ForwardedRequest): ForwardedRequest {
    const fields = ['Host', new URL(origin).host, ...withoutHost(request.fields)];
    const send = (body: Buffer | null) => {
      if (this.#inFlight >= MAX_IN_FLIGHT) return;
      this.#inFlight += 1;
      const copy = { target: request.target, fields, body, signal: new AbortController().signal };
      this.#agent.send(origin, method, copy, (error, response) => {
        if (error) this.#inFlight -= 1;
        else
          response.body
            .on('error', () => undefined)
            .once('close', () => {
              this.#inFlight -= 1;
            })
            .resume();
      });
    };
    if (request.body instanceof Readable)
      return { ...request, body: request.body.pipe(new CopyingBody(send)) };
    send(request.body);
    return request;
  }
}

/** Passes a body on, and gives a copy of it when it is complete. */
class CopyingBody extends Transform {
  readonly #onComplete: (copy: Buffer) => void;
  /** Undefined if the body is too large. */
  #chunks: Buffer[] | undefined = [];
  #bytes = 0;

  constructor(onComplete: (copy: Buffer) => void) {
    super();
    this.#onComplete = onComplete;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_COPIED_BYTES) this.#chunks = undefined;
    this.#chunks?.push(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    if (this.#chunks) this.#onComplete(Buffer.concat(this.#chunks));
    done();
  }
}

function withoutHost(fields: readonly string[]): readonly string[] {
  return fields.filter((_, index) => fields[index - (index % 2)]?.toLowerCase() !== 'host');
}
