import { readFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { hasErrno, messageOf, systemError } from '../../../base/index.ts';
import type { TlsFiles } from './address.ts';

/**
 * An agent for connections with these certificates; docker-modem has no option to skip verification. Without a folder,
 * the system's authorities apply, as for any `https` address.
 * @throws DOCKER_TLS_UNREADABLE if a file that Docker requires is missing
 */
export async function tlsAgent({ directory, verify }: TlsFiles): Promise<https.Agent> {
  const read = (name: string) => readTlsFile(directory, name);
  const [ca, cert, key] = await Promise.all(['ca.pem', 'cert.pem', 'key.pem'].map(read));
  if (directory !== '' && verify && !ca) throw unreadable(directory, 'ca.pem is missing');
  if (cert && !key) throw unreadable(directory, 'cert.pem is there, but key.pem is missing');
  return new https.Agent({ ca, cert, key, rejectUnauthorized: verify, keepAlive: true, maxFreeSockets: 2 });
}

/** Undefined for a missing file: only some daemons require it. */
async function readTlsFile(directory: string, name: string): Promise<Buffer | undefined> {
  if (directory === '') return undefined;
  try {
    return await readFile(path.join(directory, name));
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw unreadable(directory, messageOf(error), error);
  }
}

function unreadable(directory: string, why: string, cause?: unknown): Error {
  return systemError(
    'DOCKER_TLS_UNREADABLE',
    `the certificates of the Docker daemon cannot be read in ${directory}: ${why}`,
    { hint: 'DOCKER_CERT_PATH must contain ca.pem, cert.pem and key.pem', cause },
  );
}

/** Prefix of the outcome of every connection that failed because of TLS. */
export const TLS_TROUBLE = 'TLS: ';

const TROUBLES: readonly (readonly [RegExp, string])[] = [
  [/CERT_HAS_EXPIRED|certificate has expired/i, "the daemon's certificate has expired"],
  [/CERT_NOT_YET_VALID/, "the daemon's certificate is not valid yet: check the clock"],
  [
    /UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER|SELF_SIGNED|self.signed certificate|unable to (get|verify)/i,
    "the daemon's certificate is not signed by an authority in ca.pem",
  ],
  [/ERR_TLS_CERT_ALTNAME_INVALID|altnames/i, "the daemon's certificate is for another name"],
  [
    /certificate.required|handshake.failure|bad.certificate|unknown.ca/i,
    'the daemon rejects our certificate (cert.pem and key.pem)',
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|packet length too long/i,
    'the daemon does not use TLS on this port',
  ],
  [
    /HTTP request to an HTTPS server/i,
    'the daemon requires TLS: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH',
  ],
];

/** Why a connection failed, if TLS was the reason; otherwise undefined. */
export function explainTls(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = `${code} ${messageOf(error)}`;
  const trouble = TROUBLES.find(([pattern]) => pattern.test(words))?.[1];
  return trouble && `${TLS_TROUBLE}${trouble}`;
}
