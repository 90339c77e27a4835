import type { FastifyInstance, FastifyReply } from 'fastify';
import { messageOf, TritonLocalError } from '../base/index.ts';
import type { ConsoleActions } from './console-source.ts';
import { answerMessage } from './message.ts';

export interface ActionRoutesOptions {
  readonly actions: ConsoleActions;
}

const reloadBody = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: { model: { type: 'string', minLength: 1 } },
};

/**
 * What the page can change, each by POST with the page's token: `/reload` (`{"model": NAME}` for one model whether it
 * changed or not), `/pause`, `/resume`, `/pin`, `/unpin`. They answer `{}` when it is done; 409 or 500 with the reason
 * if it fails.
 */
export async function actionRoutes(app: FastifyInstance, { actions }: ActionRoutesOptions): Promise<void> {
  app.setErrorHandler(answerError);
  app.post<{ Body: { readonly model?: string } | null }>(
    '/reload',
    { schema: { body: reloadBody } },
    async ({ body }) => {
      await actions.reload(body?.model);
      return {};
    },
  );
  for (const name of ['pause', 'resume', 'pin', 'unpin'] as const) {
    app.post(`/${name}`, async () => {
      await actions[name]();
      return {};
    });
  }
}

function answerError(error: unknown, _request: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof TritonLocalError) {
    const { code, message, hint, kind } = error;
    return reply
      .code(kind === 'user' ? 409 : 500)
      .send({ message, code, ...(hint !== undefined && { hint }) });
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return answerMessage(reply, status, messageOf(error));
}
