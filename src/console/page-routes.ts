import type { FastifyInstance, FastifyReply } from 'fastify';
import { messageOf } from '../base/index.ts';
import { answerMessage } from './message.ts';
import { type PageFiles, readPageFiles, TOKEN_PLACE } from './page-files.ts';
import type { PageToken } from './page-token.ts';

/** The page loads its own files and talks to its own origin; nothing else, and nothing inline. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

export interface PageRoutesOptions {
  readonly token: PageToken;
}

/** `GET /`: the web page, which carries the token; `GET /page.js` and `/page.css`. */
export async function pageRoutes(app: FastifyInstance, { token }: PageRoutesOptions): Promise<void> {
  let files: Promise<PageFiles> | undefined;
  const send = async (
    reply: FastifyReply,
    type: string,
    content: (files: PageFiles) => string | Buffer,
  ): Promise<FastifyReply> => {
    try {
      files ??= readPageFiles();
      return reply
        .headers(HEADERS)
        .type(type)
        .send(content(await files));
    } catch (error) {
      files = undefined;
      return answerMessage(reply, 500, messageOf(error));
    }
  };
  app.get('/', { prefixTrailingSlash: 'slash' }, (_request, reply) =>
    send(reply, 'text/html; charset=utf-8', ({ html }) => html.replace(TOKEN_PLACE, token.text)),
  );
  app.get('/', { prefixTrailingSlash: 'no-slash' }, (_request, reply) =>
    // Relative addresses on the page need the slash.
    reply.redirect(`${app.prefix}/`, 308),
  );
  app.get('/page.js', (_request, reply) =>
    send(reply, 'text/javascript; charset=utf-8', ({ script }) => script),
  );
  app.get('/page.css', (_request, reply) => send(reply, 'text/css; charset=utf-8', ({ style }) => style));
}
