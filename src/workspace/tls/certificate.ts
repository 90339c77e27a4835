import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import {
  bits,
  implicit,
  integer,
  objectId,
  octets,
  pem,
  sequence,
  set,
  tagged,
  text,
  time,
  truth,
} from './der.ts';

/** A certificate and its private key, each as PEM. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

/** Names of extensions and algorithms (RFC 5280, RFC 5758). */
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_KEY_ID = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const NAME_CONSTRAINTS = '2.5.29.30';
const AUTHORITY_KEY_ID = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

const IPV6_LOOPBACK = Buffer.from([...new Uint8Array(15), 1]);
const dnsName = (name: string) => implicit(2, Buffer.from(name));
const ipName = (...bytes: readonly Uint8Array[]) => implicit(7, Buffer.concat(bytes));

/**
 * A certificate authority that can certify this machine's loopback names and nothing else: whoever steals its key
 * cannot impersonate another host (name constraints of RFC 5280, section 4.2.1.10).
 */
export function createAuthority(name: string, validity: Validity): CertifiedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const loopback = [
    dnsName('localhost'),
    ipName(Buffer.from([127, 0, 0, 0, 255, 0, 0, 0])),
    ipName(IPV6_LOOPBACK, Buffer.alloc(16, 0xff)),
  ];
  const cert = issue({ publicKey, subject: name, issuer: name, issuerKey: privateKey, validity }, [
    extension(BASIC_CONSTRAINTS, true, sequence(truth(), integer(Buffer.from([0])))),
    // keyCertSign and cRLSign.
    extension(KEY_USAGE, true, bits(Buffer.from([0x06]), 1)),
    extension(SUBJECT_KEY_ID, false, octets(keyId(publicKey))),
    extension(NAME_CONSTRAINTS, true, sequence(tagged(0, ...loopback.map((base) => sequence(base))))),
  ]);
  return { cert, key: toPem(privateKey) };
}

/** A server certificate for `localhost`, `127.0.0.1` and `::1`. @param authority with the name `issuer`. */
export function createServerCertificate(
  issuer: string,
  authority: CertifiedKey,
  validity: Validity,
): CertifiedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuerKey = createPrivateKey(authority.key);
  const names = [dnsName('localhost'), ipName(Buffer.from([127, 0, 0, 1])), ipName(IPV6_LOOPBACK)];
  const cert = issue({ publicKey, subject: 'localhost', issuer, issuerKey, validity }, [
    extension(BASIC_CONSTRAINTS, true, sequence()),
    // digitalSignature.
    extension(KEY_USAGE, true, bits(Buffer.from([0x80]), 7)),
    extension(EXTENDED_KEY_USAGE, false, sequence(objectId(SERVER_AUTH))),
    extension(SUBJECT_KEY_ID, false, octets(keyId(publicKey))),
    extension(AUTHORITY_KEY_ID, false, sequence(implicit(0, keyId(issuerKey)))),
    extension(SUBJECT_ALT_NAME, false, sequence(...names)),
  ]);
  return { cert, key: toPem(privateKey) };
}

interface Content {
  readonly publicKey: KeyObject;
  readonly subject: string;
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly validity: Validity;
}

function issue({ publicKey, subject, issuer, issuerKey, validity }: Content, extensions: Buffer[]): string {
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const version3 = tagged(0, integer(Buffer.from([2])));
  const content = sequence(
    version3,
    integer(serialNumber()),
    algorithm,
    nameOf(issuer),
    sequence(time(validity.from), time(validity.to)),
    nameOf(subject),
    publicKeyInfo(publicKey),
    tagged(3, sequence(...extensions)),
  );
  return pem('CERTIFICATE', sequence(content, algorithm, bits(sign('sha256', content, issuerKey))));
}

function extension(id: string, isCritical: boolean, value: Uint8Array): Buffer {
  return sequence(objectId(id), ...(isCritical ? [truth()] : []), octets(value));
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(objectId(COMMON_NAME), text(commonName))));
}

/** 126 random bits, never zero first: DER wants the shortest form. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha256').update(publicKeyInfo(key)).digest().subarray(0, 20);
}

function publicKeyInfo(key: KeyObject): Buffer {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
}

function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
