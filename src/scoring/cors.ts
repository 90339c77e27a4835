/** What a request says about the web page that sends it. */
export interface CorsRequest {
  readonly method: string;
  readonly origin: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** The methods a page may use; the real server lists them in either order (docs/reference/azureml.md#measured). */
const METHODS = 'GET, POST';

/**
 * Which web pages may read the answers (`AML_CORS_ORIGINS`, docs/reference/azureml.md#cors). The rules are those of
 * flask-cors, which the real server uses: `*` allows every origin, a text with special characters is a regular
 * expression, and the answer to a request without an origin names the origin that would be allowed.
 */
export class Cors {
  readonly #literals: readonly string[];
  readonly #patterns: readonly RegExp[];
  readonly #all: boolean;

  /** @throws SyntaxError if a pattern is not a valid regular expression. */
  constructor(origins: readonly string[]) {
    this.#all = origins.includes('*');
    this.#literals = origins.filter((origin) => !isPattern(origin)).sort();
    this.#patterns = origins
      .filter(isPattern)
      .map((origin) => new RegExp(`^(?:${origin === '*' ? '.*' : origin})`, 'i'));
  }

  /** Returns the fields to add to an answer, as a flat list. */
  fieldsFor(request: CorsRequest): readonly string[] {
    const allowed = this.#allowedOrigin(request.origin);
    if (allowed === undefined) return [];
    const fields = ['Access-Control-Allow-Origin', allowed];
    if (fieldOf(request.rawHeaders, 'access-control-request-private-network') === 'true')
      fields.push('Access-Control-Allow-Private-Network', 'false');
    if (request.method === 'OPTIONS') this.#pushPreflight(fields, request.rawHeaders);
    if (allowed !== '*' && (this.#literals.length > 1 || this.#patterns.length > 0))
      fields.push('Vary', 'Origin');
    return fields;
  }

  #allowedOrigin(origin: string | undefined): string | undefined {
    if (!origin) return this.#all ? '*' : this.#literals[0];
    const lower = origin.toLowerCase();
    const listed =
      this.#literals.some((literal) => literal.toLowerCase() === lower) ||
      this.#patterns.some((pattern) => pattern.test(origin));
    return listed ? origin : undefined;
  }

  #pushPreflight(fields: string[], rawHeaders: readonly string[]): void {
    const method = fieldOf(rawHeaders, 'access-control-request-method')?.toUpperCase();
    // Part of a method's name is enough: flask-cors searches the list for the text.
    if (!method || !METHODS.includes(method)) return;
    const asked = fieldOf(rawHeaders, 'access-control-request-headers');
    const headers = asked?.split(',').map((name) => name.trim());
    if (headers) fields.push('Access-Control-Allow-Headers', headers.sort().join(', '));
    fields.push('Access-Control-Allow-Methods', METHODS);
  }
}

function isPattern(origin: string): boolean {
  return /[*\\\]?$^[()]/.test(origin);
}

function fieldOf(rawHeaders: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) return rawHeaders[index + 1];
  }
  return undefined;
}
