import type { ControlPlaneSecrets } from '../context.ts';

/** A shared access signature for all blobs. Clients take a text without these parameters for an account key. */
export function signatureQuery({ blobSignature }: ControlPlaneSecrets): string {
  const query = new URLSearchParams({
    sv: '2023-11-03',
    sr: 'c',
    sp: 'racwdl',
    se: '2099-01-01T00:00:00Z',
    sig: blobSignature,
  });
  return query.toString();
}
