import { invalidArgument } from './kserve-error.ts';

/** @throws KServeError (docs/reference/triton.md#e14) for JSON of more bytes than a request may hold */
export function refuseLargeJson(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes)
    throw invalidArgument(
      `request JSON size of ${bytes} bytes exceeds the maximum allowed input size of ${maxBytes} bytes. Use --http-max-input-size to increase the limit.`,
    );
}
