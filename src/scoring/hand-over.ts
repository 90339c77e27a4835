import type { RequestListener } from 'node:http';
import type { RequestContext } from './request-context.ts';

/**
 * Hands a request to a listener of this process, under `target`: no second connection, no copy of a body. Resolves when
 * the answer is sent or the caller has disconnected, which the listener notices itself.
 */
export function handOver(context: RequestContext, target: string, listener: RequestListener): Promise<void> {
  const { request, answer } = context;
  answer.sendContinue();
  request.url = target;
  return new Promise((resolve) => {
    answer.response.once('close', resolve);
    listener(request, answer.response);
  });
}

/** The same listener, which does not see the keys of this service. */
export function hidingKeys(engine: RequestListener): RequestListener {
  return (request, response) => {
    const { rawHeaders } = request;
    request.rawHeaders = rawHeaders.filter(
      (_text, index) => rawHeaders[index - (index % 2)]?.toLowerCase() !== 'authorization',
    );
    delete request.headers.authorization;
    engine(request, response);
  };
}
