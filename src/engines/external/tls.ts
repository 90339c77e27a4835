import { readFile } from 'node:fs/promises';
import { messageOf, systemError } from '../../base/index.ts';
import type { TlsOptions } from '../../proxy/index.ts';

/** Paths of PEM files, each optional. */
export interface TlsFiles {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** @throws TRITON_TLS_UNREADABLE naming the file and its flag */
export async function readTls({ ca, cert, key }: TlsFiles): Promise<TlsOptions> {
  return {
    ...(ca && { ca: await read(ca, '--triton-ca') }),
    ...(cert && { cert: await read(cert, '--triton-cert') }),
    ...(key && { key: await read(key, '--triton-cert-key') }),
  };
}

async function read(file: string, flag: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw systemError('TRITON_TLS_UNREADABLE', `${flag}: ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
