import { isIPv4 } from 'node:net';
import { withNewestFailure } from '../events/index.ts';
import { asciiJson, messageBody } from './answers.ts';
import type { Exchange } from './exchange.ts';
import type { ScoringSource } from './scoring-options.ts';

/** Paths below this are the emulator's own. */
export const OWN_PREFIX = '/_triton-local';

/**
 * The emulator's own paths (DESIGN section 4). They answer only who is on this machine and says so: a loopback
 * address, a loopback `Host` (or a page could reach us under a name that resolves to loopback), no foreign `Origin`.
 */
export function answerOwnPath(exchange: Exchange, source: ScoringSource): void {
  const { method, target, fields } = exchange;
  const host = fields.host;
  const near =
    isLoopbackAddress(exchange.request.socket.remoteAddress) &&
    host !== undefined &&
    isLoopbackHost(host) &&
    (fields.origin === undefined || fields.origin === `http://${host}`);
  if (!near) answerJson(exchange, 403, messageBody('Only for callers on this machine.'));
  else if (target.path !== `${OWN_PREFIX}/status`) answerJson(exchange, 404, messageBody('Not found.'));
  else if (method !== 'GET' && method !== 'HEAD')
    answerJson(exchange, 405, messageBody('Only GET and HEAD are answered here.'));
  else answerJson(exchange, 200, asciiJson(statusOf(source)));
}

/** What `GET /_triton-local/status` tells: what runs now, and how the last reload went. */
function statusOf(source: ScoringSource) {
  const now = source.state();
  const { state, startedAt, engine, stale, models, statistics, workersDied, reload, watching } = now;
  const { blockers, failures } = now;
  const pool = source.pool();
  return {
    state,
    uptimeSeconds: startedAt === null ? 0 : Math.max(0, (Date.now() - Date.parse(startedAt)) / 1000),
    engine,
    generation: pool?.generation ?? now.generation,
    stale,
    blockers,
    failures,
    models: models.map((model) => withNewestFailure(model, failures)),
    statistics,
    // The pool knows which workers are busy at this moment; the folded state learns only of starts and ends.
    workers: pool?.workers() ?? now.workers,
    workersDied,
    reload,
    watching,
  };
}

function answerJson(exchange: Exchange, status: number, body: string): void {
  exchange.answer(
    status,
    ['Content-Type', 'application/json', 'Content-Length', String(body.length), 'Cache-Control', 'no-store'],
    body,
  );
}

function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.toLowerCase().startsWith('::ffff:') ? address.slice(7) : address;
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

/** Whether a `Host` field, with or without a port, can only mean this machine. */
export function isLoopbackHost(host: string): boolean {
  const name = /^(\[[0-9a-f:]+\]|[^:[\]]+)(:\d{1,5})?$/i.exec(host.trim())?.[1]?.toLowerCase();
  if (name === undefined) return false;
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}
