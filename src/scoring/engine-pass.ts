import { type RequestListener, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Exchange, FlatHeaders } from './exchange.ts';

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
    engine(request, lendResponse(exchange));
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

/** The response for an engine to answer by itself: the head that it writes becomes one of the service's. */
function lendResponse(exchange: Exchange): ServerResponse {
  const { response } = exchange;
  response.writeHead = (status: number, ...rest: unknown[]) => {
    const reason = typeof rest[0] === 'string' ? rest[0] : STATUS_CODES[status];
    exchange.begin(status, flatten(rest.at(-1)), reason);
    return response;
  };
  return response;
}

/** Headers in any of the forms that `writeHead` takes; none for anything else. */
function flatten(headers: unknown): FlatHeaders {
  if (Array.isArray(headers)) return headers;
  if (typeof headers !== 'object' || headers === null) return [];
  return Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
}
