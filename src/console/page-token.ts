import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The header in which the page sends its token. A page of another origin cannot set it without our consent. */
export const TOKEN_HEADER = 'x-triton-local-token';

/** The secret that only our page has. Each process has its own; nothing stores it. */
export class PageToken {
  readonly text = randomBytes(24).toString('base64url');
  readonly #digest = digest(this.text);

  /** Whether this is the token; the time taken does not depend on its content. */
  matches(candidate: string | undefined): boolean {
    return candidate !== undefined && timingSafeEqual(this.#digest, digest(candidate));
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
