import type { RequestListener } from 'node:http';
import type { Exchange } from './exchange.ts';

/**
 * Has a request answered under `path` by the engine's own listener, which is in this process: no second connection,
 * no copy of a body. Resolves when the answer has gone out or the caller has left, which the engine notices itself.
 */
export function passToEngine(exchange: Exchange, path: string, engine: RequestListener): Promise<void> {
  const { request, response } = exchange;
  exchange.wantBody();
  request.url = path + exchange.target.query;
  return new Promise((resolve) => {
    response.once('close', resolve);
    engine(request, exchange.lendResponse());
  });
}

/** The same listener without the keys of this service, which are not the engine's business. */
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
