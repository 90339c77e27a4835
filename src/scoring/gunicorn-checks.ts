import type { RequestContext } from './request-context.ts';

/** Why gunicorn refuses a request before the application sees it, and what its page says. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** HTML. */
  readonly text: string;
}

/** gunicorn's `limit_request_line`. */
const MAX_REQUEST_LINE = 4094;

/**
 * Finds what Node's parser accepts and gunicorn refuses: other versions of HTTP, lines and fields beyond its limits,
 * repeated fields that must be single, and a transfer coding that HTTP/1.0 lacks.
 */
export function refusalOf({ method, request, fields }: RequestContext): Refusal | undefined {
  const { httpVersion, url = '' } = request;
  if (httpVersion === '0.9')
    return badRequest(
      `Invalid Request Line ${quoted(`Invalid HTTP request line: ${quoted(`${method} ${url}`)}`)}`,
    );
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    const [major, minor] = httpVersion.split('.');
    return badRequest(`Invalid HTTP Version ${quoted(`Invalid HTTP Version: (${major}, ${minor})`)}`);
  }
  const lineBytes = method.length + url.length + ' HTTP/1.1'.length + 1;
  if (lineBytes > MAX_REQUEST_LINE)
    return {
      status: 414,
      reason: 'URI Too Long',
      text: `Request Line is too large (${lineBytes} &gt; ${MAX_REQUEST_LINE})`,
    };
  if (fields.excess !== undefined)
    return {
      status: 431,
      reason: 'Request Header Fields Too Large',
      text: `Error parsing headers: ${quoted(fields.excess)}`,
    };
  if (fields.repeated !== undefined) return badRequest(`Invalid HTTP Header: ${quoted(fields.repeated)}`);
  return fields.transferEncoding === undefined
    ? undefined
    : codingRefusal(fields.transferEncoding, httpVersion);
}

const CODINGS: ReadonlySet<string> = new Set(['chunked', 'identity', 'compress', 'deflate', 'gzip']);

function codingRefusal(codings: string, httpVersion: string): Refusal | undefined {
  if (codings.split(',').some((coding) => !CODINGS.has(coding.trim().toLowerCase()))) {
    const text = `Unsupported transfer coding: ${quoted(escapeHtml(codings))}`;
    return { status: 501, reason: 'Bad Request', text };
  }
  return httpVersion === '1.0'
    ? badRequest(`Invalid HTTP Header: ${quoted('TRANSFER-ENCODING')}`)
    : undefined;
}

/** gunicorn knows only `100-continue`. */
export function unknownExpectation(expectation: string): Refusal {
  return {
    status: 417,
    reason: 'Expectation Failed',
    text: `Unable to comply with expectation: ${quoted(escapeHtml(expectation))}`,
  };
}

function badRequest(text: string): Refusal {
  return { status: 400, reason: 'Bad Request', text };
}

/** Adds single quotes, which the page escapes. */
function quoted(text: string): string {
  return `&#x27;${text}&#x27;`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
