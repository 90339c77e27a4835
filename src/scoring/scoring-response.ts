import { ServerResponse, STATUS_CODES } from 'node:http';

/** A flat list of names and values, as Node writes it to the wire: order and repetitions are kept. */
export type FlatHeaders = readonly string[];

/** Receives the heads that other listeners write to a response, and sends them in its own form. */
export interface HeadSink {
  sendHead(status: number, headers: FlatHeaders, reason?: string): unknown;
}

/**
 * The response that our server makes for each request. The engine's listener and the console answer on it as on any
 * response of Node, and what they pass to `writeHead` goes to the `sink`, which adds the service's own fields.
 */
export class ScoringResponse extends ServerResponse {
  /** Set before anything else sees the response. */
  sink: HeadSink | undefined;

  override writeHead(status: number, ...rest: unknown[]): this {
    const reason = typeof rest[0] === 'string' ? rest[0] : STATUS_CODES[status];
    const headers = flatten(rest.at(-1));
    if (this.sink) this.sink.sendHead(status, headers, reason);
    else this.writeRawHead(status, headers, reason);
    return this;
  }

  /** Writes the head exactly as given. */
  writeRawHead(status: number, headers: FlatHeaders, reason?: string): void {
    super.writeHead(status, reason, headers as string[]);
  }
}

/** Headers in any of the forms that `writeHead` takes; none for anything else. */
function flatten(headers: unknown): FlatHeaders {
  if (Array.isArray(headers)) return headers.flat();
  if (typeof headers !== 'object' || headers === null) return [];
  return Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.flatMap((each) => [name, String(each)]) : [name, String(value)],
  );
}
