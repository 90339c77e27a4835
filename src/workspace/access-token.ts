import { createHmac, timingSafeEqual } from 'node:crypto';

/** The tenant, the subscription and the principal of every token; no real ones have these ids. */
export const LOCAL_TENANT = '00000000-0000-0000-0000-0000006c6f63';
export const LOCAL_SUBSCRIPTION = '00000000-0000-0000-0000-00000073756d';
const LOCAL_PRINCIPAL = '00000000-0000-0000-0000-000000757365';

const LIFETIME_SECONDS = 86_400;
/** For clients whose clock is a little behind. */
const EARLIER_SECONDS = 300;

/** A token of the local token service. */
export interface AccessToken {
  readonly token: string;
  /** In seconds since 1970. */
  readonly expiresOn: number;
  /** In seconds. */
  readonly expiresIn: number;
}

/**
 * Issues an access token for a resource, in the shape of Microsoft Entra's: azure-cli and scripts decode it. It is
 * signed, so that nobody else on this machine can make one.
 * @param now in milliseconds since 1970.
 */
export function issueToken(tokenKey: string, resource: string, now = Date.now()): AccessToken {
  const issuedAt = Math.floor(now / 1000);
  const expiresOn = issuedAt + LIFETIME_SECONDS;
  const content = [
    { typ: 'JWT', alg: 'HS256' },
    {
      aud: resource,
      iss: `https://sts.windows.net/${LOCAL_TENANT}/`,
      iat: issuedAt,
      nbf: issuedAt - EARLIER_SECONDS,
      exp: expiresOn,
      oid: LOCAL_PRINCIPAL,
      sub: LOCAL_PRINCIPAL,
      tid: LOCAL_TENANT,
      upn: 'user@triton-local',
      name: 'triton-local',
      ver: '1.0',
    },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return {
    token: `${content}.${signatureOf(content, tokenKey).toString('base64url')}`,
    expiresOn,
    expiresIn: LIFETIME_SECONDS,
  };
}

/** Whether the local token service issued this token, for any resource, and it has not expired. */
export function isValidToken(token: string, tokenKey: string, now = Date.now()): boolean {
  const end = token.lastIndexOf('.');
  const content = token.slice(0, Math.max(0, end));
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  const expected = signatureOf(content, tokenKey);
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return false;
  return expiryOf(content) * 1000 > now;
}

function signatureOf(content: string, tokenKey: string): Buffer {
  return createHmac('sha256', tokenKey).update(content).digest();
}

/** @returns 0 if there is none. */
function expiryOf(content: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(content.split('.')[1] ?? '', 'base64url').toString());
    return typeof exp === 'number' ? exp : 0;
  } catch {
    return 0;
  }
}
