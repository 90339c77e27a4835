import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientEnvironment, defaultForm, printedEnvironment } from '../../../src/controlplane/index.ts';
import { controlPlaneSecrets, localCertificate } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const ORIGIN = 'https://127.0.0.1:25000';

describe('the variables for clients of Azure', () => {
  let home: TempFolder;
  beforeEach(async () => {
    home = await TempFolder.create();
  });
  afterEach(() => home[Symbol.asyncDispose]());

  async function made(variables: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') {
    const { directory } = home;
    return clientEnvironment({
      variables,
      platform,
      home: directory,
      userHome: '/users/me',
      origin: ORIGIN,
      secrets: await controlPlaneSecrets(directory),
      certificate: await localCertificate(directory),
      command: [process.execPath, '-p', 'process.argv.slice(1).join()', '--'],
      pythonFolders: ['ours', 'own'],
    });
  }

  it('name the local cloud, its token service and its secrets', async () => {
    const { identityHeader } = await controlPlaneSecrets(home.directory);
    const { variables, notices } = await made({});
    expect(notices).toEqual([]);
    expect(variables).toMatchObject({
      ARM_CLOUD_METADATA_URL: `${ORIGIN}/metadata/endpoints?api-version=2019-05-01`,
      AZUREML_CURRENT_CLOUD: 'TritonLocal',
      IDENTITY_ENDPOINT: `${ORIGIN}/msi/token`,
      IDENTITY_HEADER: identityHeader,
      AZURE_AUTHORITY_HOST: ORIGIN,
      REGISTRY_DISCOVERY_ENDPOINT_URL: `${ORIGIN}/`,
      NO_PROXY: '127.0.0.1,localhost',
      no_proxy: '127.0.0.1,localhost',
      PATH: home.path('azure', 'bin'),
      PYTHONPATH: 'ours:own',
      AZURE_CORE_COLLECT_TELEMETRY: '0',
      AZURE_EXTENSION_DIR: '/users/me/.azure/cliextensions',
    });
    expect(variables).not.toHaveProperty('CURL_CA_BUNDLE');
    expect(variables).not.toHaveProperty('AZURE_TOKEN_CREDENTIALS');
  });

  it('extend what the user has set, and change nothing when made of themselves', async () => {
    const mine = {
      PATH: '/bin',
      PYTHONPATH: '/lib/mine:',
      no_proxy: 'intra.example',
      HTTPS_PROXY: 'http://proxy:1',
      AZURE_CONFIG_DIR: '/my/azure',
      AZURE_CLIENT_ID: 'me',
    };
    const { variables } = await made(mine);
    expect(variables).toMatchObject({
      PATH: `${home.path('azure', 'bin')}:/bin`,
      PYTHONPATH: 'ours:own:/lib/mine:',
      no_proxy: 'intra.example,127.0.0.1,localhost',
      NO_PROXY: 'intra.example,127.0.0.1,localhost',
      AZURE_EXTENSION_DIR: '/my/azure/cliextensions',
    });
    expect(variables).not.toHaveProperty('HTTPS_PROXY');
    expect(variables).not.toHaveProperty('AZURE_CLIENT_ID');
    const again = await made({ ...mine, ...(variables as Record<string, string>) });
    expect(again.variables).toEqual(variables);
    expect((await made({ NO_PROXY: '*' })).variables.NO_PROXY).toBe('*');
  });

  it('remove credentials that would be used against Microsoft Entra, with a word', async () => {
    const { variables, notices } = await made({ AZURE_CLIENT_SECRET: 's', AZURE_USERNAME: '' });
    expect(Object.keys(variables)).toEqual(expect.arrayContaining(['AZURE_CLIENT_SECRET', 'AZURE_USERNAME']));
    expect([variables.AZURE_CLIENT_SECRET, variables.AZURE_USERNAME]).toEqual([undefined, undefined]);
    expect(notices).toEqual([
      'AZURE_CLIENT_SECRET, AZURE_USERNAME are not passed on: on this machine, tokens come from triton-local',
    ]);
  });

  it('use the names of Windows as the environment spells them', async () => {
    const { variables } = await made({ Path: 'C:\\bin', azure_password: 'p' }, 'win32');
    expect(variables.Path).toBe(`${home.path('azure', 'bin')};C:\\bin`);
    expect(variables).toHaveProperty('azure_password', undefined);
    for (const name of ['PATH', 'no_proxy', 'AZURE_PASSWORD']) expect(variables).not.toHaveProperty(name);
    const batch = await readFile(home.path('azure', 'bin', 'az.cmd'), 'utf8');
    expect(batch).toContain(`"${process.execPath}" "-p"`);
  });

  it('name bundles with what the user trusts and our authority', async () => {
    const { authority } = await localCertificate(home.directory);
    const [corporate = '', other = ''] = rootCertificates;
    await writeFile(home.path('corporate.pem'), `# Company\n${corporate}\n`);
    await mkdir(home.path('folder', 'sub'), { recursive: true });
    await writeFile(home.path('folder', 'other.pem'), `${other}\n${authority}`);
    const read = async (file: string | undefined) => (await readFile(file ?? '', 'utf8')).trim();

    const byFile = (await made({ CURL_CA_BUNDLE: home.path('corporate.pem') })).variables;
    expect(await read(byFile.REQUESTS_CA_BUNDLE)).toBe(`${corporate.trim()}\n${authority.trim()}`);
    expect(byFile.CURL_CA_BUNDLE).toBe(byFile.REQUESTS_CA_BUNDLE);
    const byFolder = (await made({ REQUESTS_CA_BUNDLE: home.path('folder') })).variables;
    expect(await read(byFolder.REQUESTS_CA_BUNDLE)).toBe(`${other.trim()}\n${authority.trim()}`);
    const openssl = (await made({ SSL_CERT_FILE: home.path('corporate.pem') })).variables;
    expect(await read(openssl.SSL_CERT_FILE)).toBe(`${corporate.trim()}\n${authority.trim()}`);

    const { variables } = await made({});
    const fallback = await read(variables.REQUESTS_CA_BUNDLE);
    for (const root of rootCertificates) expect(fallback).toContain(root.trim());
    expect(fallback).toContain(authority.trim());
    expect(await read(variables.SSL_CERT_FILE)).toContain(authority.trim());

    const missing = await made({ REQUESTS_CA_BUNDLE: home.path('none.pem') });
    expect(missing.notices).toEqual([expect.stringMatching(/^REQUESTS_CA_BUNDLE cannot be read/)]);
    expect(await read(missing.variables.REQUESTS_CA_BUNDLE)).toBe(fallback);
  });

  it.skipIf(process.platform === 'win32')('put an az in front that runs this program', async () => {
    await made({});
    const az = home.path('azure', 'bin', 'az');
    const { stdout } = await promisify(execFile)(az, ['account', "it's", '$HOME']);
    expect(stdout).toBe("az,--,account,it's,$HOME\n");
    expect((await stat(az)).mode & 0o777).toBe(0o700);
    const profile = JSON.parse(await readFile(home.path('azure', 'cli', 'azureProfile.json'), 'utf8'));
    expect(profile.subscriptions[0].environmentName).toBe('TritonLocal');
  });
});

describe('printed variables', () => {
  const variables = { ONE: "it's $HOME", GONE: undefined, URL: 'https://127.0.0.1:1/?a=b' };

  it('are commands of a shell', async () => {
    const script = `export GONE=1\n${printedEnvironment(variables, 'bash')}`;
    const shown = `${script}printf '%s|%s|%s' "$ONE" "\${GONE-unset}" "$URL"`;
    if (process.platform !== 'win32') {
      const { stdout } = await promisify(execFile)('sh', ['-c', shown]);
      expect(stdout).toBe("it's $HOME|unset|https://127.0.0.1:1/?a=b");
    }
    expect(printedEnvironment(variables, 'powershell').split('\n')).toEqual([
      "$env:ONE = 'it''s $HOME'",
      'Remove-Item Env:GONE -ErrorAction SilentlyContinue',
      "$env:URL = 'https://127.0.0.1:1/?a=b'",
      '',
    ]);
  });

  it('are for the shell of the system unless another form is wanted', () => {
    expect([defaultForm('win32'), defaultForm('darwin')]).toEqual(['powershell', 'bash']);
  });

  it('are lines of a file for python-dotenv', () => {
    expect(printedEnvironment(variables, 'dotenv')).toBe(
      "ONE='it\\'s $HOME'\nGONE=\nURL=https://127.0.0.1:1/?a=b\n",
    );
  });
});
