import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { messageOf } from '../base/index.ts';
import type { ConsoleSource } from './console-source.ts';

/** Answers the emulator's own paths. The first request loads fastify, so that a start does not have to. */
export function createConsole(source: ConsoleSource): RequestListener {
  let app: Promise<RequestListener> | undefined;
  return (request, response) => {
    app ??= import('./console-app.ts').then(({ buildConsoleApp }) => buildConsoleApp(source));
    app.then(
      (answer) => answer(request, response),
      (error) => {
        app = undefined;
        answerBroken(error, response);
      },
    );
  };
}

/** The application cannot be loaded: an incomplete installation, for example. The next request tries again. */
function answerBroken(error: unknown, response: ServerResponse<IncomingMessage>): void {
  const body = JSON.stringify({ message: `The console cannot be loaded: ${messageOf(error)}` });
  response.writeHead(500, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
