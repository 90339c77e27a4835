import type { RequestContext } from './request-context.ts';
import type { RequestIds } from './request-ids.ts';

/**
 * Adds the CORS fields, the server's version and the ids, in the order of the real server. The server of 2021 sends one
 * id and nothing else.
 */
export function pushIdentity(headers: string[], context: RequestContext, ids: RequestIds): void {
  const { cors, serverVersion, dialect } = context.service;
  if (dialect === '2021') {
    headers.push('x-ms-request-id', ids.msRequestId);
    return;
  }
  if (cors && !headers.includes('Access-Control-Allow-Origin')) {
    const { method, request, fields } = context;
    headers.push(...cors.fieldsFor({ method, origin: fields.origin, rawHeaders: request.rawHeaders }));
  }
  if (serverVersion !== undefined) headers.push('x-ms-server-version', serverVersion);
  if (ids.requestId) headers.push('x-request-id', ids.requestId);
  if (ids.msRequestId) headers.push('x-ms-request-id', ids.msRequestId);
  if (ids.msClientRequestId) headers.push('x-ms-client-request-id', ids.msClientRequestId);
  if (context.fields.traceId !== undefined) headers.push('TraceId', context.fields.traceId);
}
