import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { withFileLock, writeFileAtomic } from '../../base/index.ts';
import { type CertifiedKey, createAuthority, createServerCertificate } from './certificate.ts';

/** The certificate of this user's HTTPS servers on loopback. */
export interface LocalCertificate {
  /** The authority that signed it, as PEM; `authorityFile` holds the same. */
  readonly authority: string;
  readonly authorityFile: string;
  /** The certificate and its private key, as PEM. */
  readonly cert: string;
  readonly key: string;
  /** When it is renewed: 30 days before it ends. In milliseconds since 1970. */
  readonly renewAt: number;
}

/** What the file holds; only its owner can read it. */
interface Stored {
  readonly name: string;
  readonly authority: CertifiedKey;
  readonly server: CertifiedKey;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
/** Apple's systems refuse server certificates that are valid for longer than 398 days. */
const SERVER_DAYS = 397;
const RENEW_DAYS = 30;
/** For machines whose clocks differ, such as a container's host. */
const EARLIER_DAYS = 1;
const LOCK_LIMIT_MS = 30_000;

/**
 * The certificate in the state folder. It is made at the first call, once for all processes, and renewed before it
 * ends; the authority stays, so that clients which trust it go on working.
 */
export async function localCertificate(home: string, now = Date.now()): Promise<LocalCertificate> {
  const directory = path.join(home, 'tls');
  const file = path.join(directory, 'certificates.json');
  const kept = await readStored(file);
  if (kept && isCurrent(kept, now)) return result(directory, kept);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const signal = AbortSignal.timeout(LOCK_LIMIT_MS);
  return withFileLock(
    `${file}.lock`,
    signal,
    () => undefined,
    async () => {
      // Another process may have made it in the meantime.
      const before = await readStored(file);
      if (before && isCurrent(before, now)) return result(directory, before);
      const stored = create(before && isAuthorityCurrent(before, now) ? before : newAuthority(now), now);
      await writeFileAtomic(path.join(directory, 'ca.pem'), stored.authority.cert);
      await writeFileAtomic(file, `${JSON.stringify(stored)}\n`, 0o600);
      return result(directory, stored);
    },
  );
}

function newAuthority(now: number): Omit<Stored, 'server'> {
  // A name of its own: clients may trust the authorities of several state folders at once.
  const name = `triton-local ${randomBytes(4).toString('hex')}`;
  return { name, authority: createAuthority(name, validity(now, AUTHORITY_DAYS)) };
}

function create({ name, authority }: Omit<Stored, 'server'>, now: number): Stored {
  return { name, authority, server: createServerCertificate(name, authority, validity(now, SERVER_DAYS)) };
}

function validity(now: number, days: number): { from: Date; to: Date } {
  return { from: new Date(now - EARLIER_DAYS * DAY_MS), to: new Date(now + days * DAY_MS) };
}

function isCurrent(stored: Stored, now: number): boolean {
  const { validFrom } = new X509Certificate(stored.server.cert);
  return isAuthorityCurrent(stored, now) && Date.parse(validFrom) <= now && now < renewalOf(stored.server);
}

/** The authority must outlive a server certificate made now. */
function isAuthorityCurrent({ authority }: Omit<Stored, 'server'>, now: number): boolean {
  const { validFrom, validTo } = new X509Certificate(authority.cert);
  return Date.parse(validFrom) <= now && now + SERVER_DAYS * DAY_MS <= Date.parse(validTo);
}

function renewalOf({ cert }: CertifiedKey): number {
  return Date.parse(new X509Certificate(cert).validTo) - RENEW_DAYS * DAY_MS;
}

function result(directory: string, { authority, server }: Stored): LocalCertificate {
  return {
    authority: authority.cert,
    authorityFile: path.join(directory, 'ca.pem'),
    ...server,
    renewAt: renewalOf(server),
  };
}

/** Undefined if there is none, or if it is damaged: a new one is then made. */
async function readStored(file: string): Promise<Stored | undefined> {
  try {
    const stored = JSON.parse(await readFile(file, 'utf8')) as Stored;
    const pairs = [stored.authority, stored.server];
    const isWhole = pairs.every(({ cert, key }) =>
      new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)),
    );
    return isWhole && typeof stored.name === 'string' ? stored : undefined;
  } catch {
    return undefined;
  }
}
