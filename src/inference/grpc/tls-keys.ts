import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { messageOf, systemError } from '../../base/index.ts';
import type { TlsFiles } from './grpc-settings.ts';

/** What Node's servers take for TLS. */
export interface TlsKeys {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly requestCert?: boolean;
}

/**
 * Reads the files of TLS.
 * @throws ENGINE_START_FAILED for a file that cannot be read or is no certificate or key, and for a key that belongs to
 * another certificate
 */
export async function readTlsKeys({ cert, key, clientRoot }: TlsFiles): Promise<TlsKeys> {
  const keys = {
    cert: await readCertificate('grpc-server-cert', cert),
    key: await read('grpc-server-key', key),
  };
  try {
    createSecureContext(keys);
  } catch (error) {
    const text = `--grpc-server-key: ${key} does not fit the certificate ${cert}: ${messageOf(error)}`;
    throw systemError('ENGINE_START_FAILED', text);
  }
  if (clientRoot === undefined) return keys;
  return { ...keys, ca: await readCertificate('grpc-root-cert', clientRoot), requestCert: true };
}

async function readCertificate(name: string, file: string): Promise<Buffer> {
  const bytes = await read(name, file);
  try {
    new X509Certificate(bytes);
    return bytes;
  } catch (error) {
    throw systemError(
      'ENGINE_START_FAILED',
      `--${name}: ${file} is no certificate in PEM: ${messageOf(error)}`,
    );
  }
}

async function read(name: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw systemError('ENGINE_START_FAILED', `--${name}: ${file} cannot be read: ${messageOf(error)}`);
  }
}
