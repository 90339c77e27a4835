import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { TempFolder } from './temp-project.ts';

export interface ServerCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Certificates of two authorities, made anew by the `openssl` program: nothing secret lies in the sources. */
export interface Certificates extends AsyncDisposable {
  /** `ca.pem`, `cert.pem` and `key.pem` of a client, as DOCKER_CERT_PATH holds them. */
  readonly directory: string;
  /** The same from an authority that signed none of the servers below. */
  readonly otherDirectory: string;
  readonly ca: Buffer;
  /** Of servers at 127.0.0.1: a good one, one that has expired, one for another name. */
  readonly server: ServerCertificate;
  readonly expired: ServerCertificate;
  readonly elsewhere: ServerCertificate;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export async function makeCertificates(): Promise<Certificates> {
  const folder = await TempFolder.create('tl-tls-');
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: folder.directory });

  const authority = async (name: string) => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
    await openssl('req', '-x509', ...KEY, ...files, '-days', '2', '-subj', `/CN=${name}`);
  };
  const sign = async (name: string, by: string, altName: string, days = 2) => {
    await openssl('req', ...KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    await writeFile(folder.path(`${name}.ext`), `subjectAltName=${altName}`);
    const signed = ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial', '-extfile', `${name}.ext`];
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signed,
      '-days',
      String(days),
      '-out',
      `${name}.pem`,
    );
  };
  const pair = async (name: string) => ({
    cert: await readFile(folder.path(`${name}.pem`)),
    key: await readFile(folder.path(`${name}.key`)),
  });
  const client = async (name: string, by: string) => {
    await sign(name, by, 'DNS:client');
    await mkdir(folder.path(`for-${name}`));
    for (const [from, to] of [
      [`${by}.pem`, 'ca.pem'],
      [`${name}.pem`, 'cert.pem'],
      [`${name}.key`, 'key.pem'],
    ] as const)
      await copyFile(folder.path(from), folder.path(`for-${name}`, to));
    return folder.path(`for-${name}`);
  };

  await Promise.all([authority('authority'), authority('other')]);
  await sign('server', 'authority', 'IP:127.0.0.1');
  await sign('expired', 'authority', 'IP:127.0.0.1', -1);
  await sign('elsewhere', 'authority', 'DNS:another.example');
  return {
    directory: await client('client', 'authority'),
    otherDirectory: await client('stranger', 'other'),
    ca: await readFile(folder.path('authority.pem')),
    server: await pair('server'),
    expired: await pair('expired'),
    elsewhere: await pair('elsewhere'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
