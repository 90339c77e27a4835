import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localCertificate } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const DAY_MS = 86_400_000;

describe('the certificate of the servers on loopback', () => {
  let home: TempFolder;
  beforeEach(async () => {
    home = await TempFolder.create();
  });
  afterEach(() => home[Symbol.asyncDispose]());

  it('is accepted for each name of loopback by a client that trusts the authority', async () => {
    const { cert, key, authority: ca } = await localCertificate(home.directory);
    const server = createServer({ cert, key }, (socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const servername of ['localhost', '127.0.0.1', '::1']) {
      const client = connect({ port, host: '127.0.0.1', ca, servername: 'localhost' });
      await once(client, 'secureConnect');
      expect(client.authorized).toBe(true);
      const peer = new X509Certificate(client.getPeerX509Certificate()?.raw ?? '');
      expect(peer.checkHost(servername) ?? peer.checkIP(servername)).toBe(servername);
      client.destroy();
    }
    const stranger = connect({ port, host: '127.0.0.1', servername: 'localhost' });
    const [error] = await once(stranger, 'error');
    expect(error).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    server.close();
  });

  it('is signed by an authority that may certify loopback only', async () => {
    const { cert, authority } = await localCertificate(home.directory);
    const [leaf, root] = [new X509Certificate(cert), new X509Certificate(authority)];
    expect([root.ca, leaf.ca, leaf.checkIssued(root), leaf.verify(root.publicKey)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    // Name constraints (2.5.29.30), critical.
    expect(root.raw.includes(Buffer.from('0603551d1e0101ff', 'hex'))).toBe(true);
  });

  it('is made once, also by callers at the same time, in a file for its owner only', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => localCertificate(home.directory)));
    expect(new Set(all.map(({ cert }) => cert)).size).toBe(1);
    expect(await localCertificate(home.directory)).toEqual(all[0]);
    expect(await readFile(all[0]?.authorityFile ?? '', 'utf8')).toBe(all[0]?.authority);
    if (process.platform === 'win32') return;
    expect((await stat(home.path('tls'))).mode & 0o777).toBe(0o700);
    expect((await stat(home.path('tls', 'certificates.json'))).mode & 0o777).toBe(0o600);
  });

  it('is renewed 30 days before it ends by the same authority', async () => {
    const first = await localCertificate(home.directory);
    expect(await localCertificate(home.directory, first.renewAt - 1)).toEqual(first);
    const second = await localCertificate(home.directory, first.renewAt);
    expect(second.cert).not.toBe(first.cert);
    expect(second.authority).toBe(first.authority);
    expect(second.renewAt).toBeGreaterThan(first.renewAt + 300 * DAY_MS);
  });

  it('gets a new authority when the old one would end before it, or when the file is damaged', async () => {
    const first = await localCertificate(home.directory);
    const later = await localCertificate(home.directory, Date.now() + 3_600 * DAY_MS);
    expect(later.authority).not.toBe(first.authority);
    await writeFile(home.path('tls', 'certificates.json'), '{"authority":');
    const repaired = await localCertificate(home.directory);
    expect(new X509Certificate(repaired.cert).checkIssued(new X509Certificate(repaired.authority))).toBe(
      true,
    );
  });
});
