import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { hasErrno, messageOf, writeFileOnce } from '../../base/index.ts';
import type { Variables } from './variables.ts';

/** Where Linux distributions, macOS and the BSDs keep the certificates that their OpenSSL trusts. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const CERTIFICATE =
  /-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (TRUSTED |X509 )?CERTIFICATE-----/g;

/** The files with what Python's clients trust: what they trusted before, and our authority. */
export interface CaBundles {
  /** For `requests`, pip and azure-cli. */
  readonly requests: string;
  /** For everything that asks OpenSSL, such as tritonclient. */
  readonly openssl: string;
  /** What the user should know, such as a file that cannot be read. */
  readonly notices: readonly string[];
}

/**
 * Writes the bundles into `directory`, each under a name made from its content, so that a running client never sees one
 * change. A bundle that the user has set is extended, never replaced: a company's proxy may have its own authority.
 */
export async function writeCaBundles(
  directory: string,
  authority: string,
  variables: Variables,
): Promise<CaBundles> {
  const notices: string[] = [];
  const given = async (...names: readonly string[]) => {
    const name = names.find((it) => variables.get(it));
    if (name === undefined) return undefined;
    try {
      return await readBundle(variables.get(name) ?? '');
    } catch (error) {
      notices.push(`${name} cannot be read and is not used: ${messageOf(error)}`);
      return undefined;
    }
  };
  const system = await readSystemBundle();
  const forRequests = await given('REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE');
  const forOpenssl = await given('SSL_CERT_FILE');
  const mozilla = rootCertificates.join('\n');
  const [requests, openssl] = await Promise.all([
    // `requests` brings Mozilla's certificates (certifi); packaged by a distribution, it takes the system's.
    writeBundle(directory, [forRequests ?? `${mozilla}\n${system ?? ''}`, authority]),
    writeBundle(directory, [forOpenssl ?? system ?? mozilla, authority]),
  ]);
  return { requests, openssl, notices };
}

/** The certificates of a file, or of the files of a folder. */
async function readBundle(place: string): Promise<string> {
  if (!(await stat(place)).isDirectory()) return readFile(place, 'utf8');
  const files = (await readdir(place)).sort();
  const texts = files.map((file) =>
    readFile(path.join(place, file), 'utf8').catch((error: unknown) => {
      if (hasErrno(error, 'EISDIR', 'ENOENT', 'EACCES')) return '';
      throw error;
    }),
  );
  return (await Promise.all(texts)).join('\n');
}

async function readSystemBundle(): Promise<string | undefined> {
  for (const file of SYSTEM_FILES) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}

async function writeBundle(directory: string, texts: readonly string[]): Promise<string> {
  const certificates = new Set(
    texts.flatMap((text) => text.match(CERTIFICATE) ?? []).map((it) => it.replaceAll('\r', '')),
  );
  const content = `${[...certificates].join('\n')}\n`;
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const file = path.join(directory, `bundle-${hash}.pem`);
  await writeFileOnce(file, content);
  return file;
}
