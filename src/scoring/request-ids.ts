import { randomUUID } from 'node:crypto';
import type { RequestFields } from './request-fields.ts';

/** The ids of an answer; an empty id is not sent. */
export interface RequestIds {
  readonly requestId: string;
  readonly msRequestId: string;
  readonly msClientRequestId: string;
  /** The message of the 431 if an id is too long; otherwise undefined. */
  readonly refusal: string | undefined;
}

const MAX_ID_CHARACTERS = 100;

/**
 * Assigns the three ids as the real server does (docs/reference/azureml.md#request-ids, the matrix and the limits): the
 * request id is the caller's or a new UUID; the deprecated `x-ms-request-id` falls back to the client's id, then to the
 * request id; the client's id falls back to `x-ms-request-id` only. An id that is sent empty stays empty.
 */
export function assignIds(fields: RequestFields, maxCharacters = MAX_ID_CHARACTERS): RequestIds {
  const requestId = fields.requestId ?? randomUUID();
  if (requestId.length > maxCharacters)
    return refuse('', `x-request-id must not exceed ${MAX_ID_CHARACTERS} characters`);
  const msClientRequestId = fields.msClientRequestId || fields.msRequestId || '';
  const msRequestId = fields.msRequestId || msClientRequestId || requestId;
  if (msRequestId.length > maxCharacters || msClientRequestId.length > maxCharacters)
    return refuse(
      requestId,
      `x-ms-request-id and x-ms-client-request-id must not exceed ${MAX_ID_CHARACTERS} characters`,
    );
  return { requestId, msRequestId, msClientRequestId, refusal: undefined };
}

function refuse(requestId: string, refusal: string): RequestIds {
  return { requestId, msRequestId: '', msClientRequestId: '', refusal };
}
