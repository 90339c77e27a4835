import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTlsKeys } from '../../../../src/inference/grpc/tls-keys.ts';
import { type Certificates, makeCertificates } from '../../../helpers/certificates.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

describe('the files of TLS', () => {
  let certificates: Certificates;
  let folder: TempFolder;
  beforeAll(async () => {
    [certificates, folder] = await Promise.all([makeCertificates(), TempFolder.create('tl-keys-')]);
    await writeFile(folder.path('text.pem'), 'not in PEM');
  });
  afterAll(async () => {
    await certificates?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it('are read, and clients need certificates only where their authority is named', async () => {
    const { cert, key } = certificates.serverFiles;
    expect(await readTlsKeys({ cert, key, clientRoot: undefined })).toEqual(certificates.server);
    const mutual = await readTlsKeys({ cert, key, clientRoot: `${certificates.directory}/ca.pem` });
    expect(mutual).toEqual({ ...certificates.server, ca: certificates.ca, requestCert: true });
  });

  it('are refused by name', async () => {
    const { cert, key } = certificates.serverFiles;
    const [missing, text] = [folder.path('missing.pem'), folder.path('text.pem')];
    const read = (files: object) => readTlsKeys({ cert, key, clientRoot: undefined, ...files });
    await expect(read({ cert: missing })).rejects.toThrow(`--grpc-server-cert: ${missing} cannot be read`);
    await expect(read({ cert: text })).rejects.toThrow(
      `--grpc-server-cert: ${text} is no certificate in PEM`,
    );
    await expect(read({ key: missing })).rejects.toThrow(`--grpc-server-key: ${missing} cannot be read`);
    await expect(read({ key: text })).rejects.toThrow(`--grpc-server-key: ${text} does not fit`);
    await expect(read({ key: `${certificates.directory}/key.pem` })).rejects.toThrow('does not fit');
    await expect(read({ clientRoot: text })).rejects.toThrow('--grpc-root-cert');
  });
});
