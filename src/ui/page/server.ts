/** What a request of the page failed with, in the server's words. */
export class ServerError extends Error {}

const token = document.querySelector('meta[name=token]')?.getAttribute('content') ?? '';

/** The header by which the server knows its own page. */
export const TOKEN_HEADERS = { 'x-triton-local-token': token };

/** Asks the emulator for an action. @throws ServerError */
export async function act(name: string, body: object = {}): Promise<void> {
  const answer = await fetch(name, {
    method: 'POST',
    headers: { ...TOKEN_HEADERS, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new ServerError('the emulator does not answer');
  });
  if (answer.ok) return;
  const { message, hint } = await answer.json().catch(() => ({ message: `status ${answer.status}` }));
  throw new ServerError(hint === undefined ? message : `${message} (${hint})`);
}

/** Reads a JSON document of the emulator; undefined if there is none. */
export async function read<Document>(path: string): Promise<Document | undefined> {
  try {
    const answer = await fetch(path);
    return answer.ok ? ((await answer.json()) as Document) : undefined;
  } catch {
    return undefined;
  }
}
