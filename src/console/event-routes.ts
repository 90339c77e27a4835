import type { FastifyInstance, FastifyReply } from 'fastify';
import type { EventHistory } from '../events/index.ts';
import { EventStream } from './event-stream.ts';
import { answerMessage } from './message.ts';

/** More readers than a few pages and programs need would only be forgotten ones. */
const MOST_READERS = 32;

const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };

export interface EventRoutesOptions {
  readonly history: EventHistory;
}

/**
 * `GET /events[?since=SEQ]`: the events after `SEQ` (by default 0) that are still held and all that follow, as
 * server-sent events. A browser that reconnects says where it was in `Last-Event-ID`, which overrides `since`.
 */
export async function eventRoutes(app: FastifyInstance, { history }: EventRoutesOptions): Promise<void> {
  let readers = 0;
  app.get<{ Querystring: Readonly<Record<string, unknown>> }>('/events', (request, reply) => {
    const { since = '0' } = request.query;
    if (!isSequence(since))
      return answerMessage(reply, 400, 'since must be the seq of an event, or 0 for all that are held.');
    const last = request.headers['last-event-id'];
    const from = isSequence(last) ? last : since;
    if (request.method === 'HEAD') {
      reply.hijack();
      reply.raw.writeHead(200, HEAD);
      reply.raw.end();
      return reply;
    }
    if (readers >= MOST_READERS)
      return answerMessage(reply, 503, `There are already ${MOST_READERS} readers of the events.`);
    readers += 1;
    reply.raw.once('close', () => {
      readers -= 1;
    });
    return stream(reply, history, Number(from));
  });
}

/** A number beyond the newest event comes from an earlier process on this port: its reader gets all that is held. */
function stream(reply: FastifyReply, history: EventHistory, since: number): FastifyReply {
  reply.hijack();
  reply.raw.writeHead(200, HEAD);
  new EventStream(history, reply.raw, since > history.lastSeq ? 0 : since);
  return reply;
}

function isSequence(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,15}$/.test(value);
}
