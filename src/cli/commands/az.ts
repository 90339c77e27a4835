import path from 'node:path';
import { parseArgs } from 'node:util';
import { userError } from '../../base/index.ts';
import { currentEnvironment, homeDirectory } from '../../config/index.ts';
import {
  controlPlaneDirectory,
  controlPlaneSecrets,
  issueToken,
  LOCAL_SUBSCRIPTION,
  LOCAL_TENANT,
} from '../../workspace/index.ts';
import { serviceHost } from '../azure/deploy-flags.ts';
import { AzureFlags } from '../azure/flags.ts';
import { checkOutput, printResult } from '../azure/output.ts';
import { azCommand, findAz } from '../azure/own-az.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { runCommand } from '../run-command.ts';

const ACCOUNT = {
  environmentName: 'TritonLocal',
  homeTenantId: LOCAL_TENANT,
  id: LOCAL_SUBSCRIPTION,
  isDefault: true,
  managedByTenants: [],
  name: 'triton-local',
  state: 'Enabled',
  tenantId: LOCAL_TENANT,
  user: { name: 'systemAssignedIdentity', type: 'servicePrincipal', assignedIdentityInfo: 'MSI' },
};

/** Commands that set up az itself, which need no az here, with what they print. */
const SETUP: Readonly<Record<string, unknown>> = {
  'account list': [ACCOUNT],
  'account set': undefined,
  'account show': ACCOUNT,
  configure: undefined,
  'config set': undefined,
  'extension add': undefined,
  login: [ACCOUNT],
  logout: undefined,
};

/**
 * `az` in a command under `exec`: issues access tokens, runs `az ml` with our verbs, and hands everything else to the
 * user's own az, which the same variables let reach the control plane. Without one, what sets up az succeeds.
 */
export async function az(args: readonly string[]): Promise<number> {
  const [group = '', verb = ''] = args;
  if (group === 'account' && verb === 'get-access-token') return getAccessToken(args.slice(2));
  const environment = currentEnvironment();
  if (group === 'ml') {
    const [program = '', ...first] = serviceHost().command;
    return runCommand(program, [...first, ...args.slice(1)], { env: environment });
  }
  const ours = path.join(controlPlaneDirectory(homeDirectory()), 'bin');
  const own = findAz(environment.PATH ?? environment.Path ?? '', ours);
  if (own !== undefined) {
    const { program, args: words, shell } = azCommand(own, args);
    return runCommand(program, words, { env: environment, shell });
  }
  const name = [`${group} ${verb}`, group].find((it) => it in SETUP);
  if (name === undefined) {
    throw userError(
      'CONFIG_INVALID',
      `az ${group} ${verb}`.trimEnd().concat(' needs azure-cli, which is not installed'),
      {
        hint: 'triton-local itself answers az ml and az account get-access-token',
      },
    );
  }
  const printed = SETUP[name];
  if (printed !== undefined) printResult(printed, new AzureFlags(flagsOf(args.slice(2))));
  return EXIT.ok;
}

async function getAccessToken(args: readonly string[]): Promise<number> {
  const given = flagsOf(args);
  checkOutput(given);
  const flags = new AzureFlags(given);
  const { tokenKey } = await controlPlaneSecrets(homeDirectory());
  const resource = flags.text('resource') ?? flags.text('scope')?.replace(/\/\.default$/, '');
  const { token, expiresOn } = issueToken(tokenKey, resource ?? 'https://management.core.windows.net/');
  const result = {
    accessToken: token,
    expiresOn: localTime(new Date(expiresOn * 1000)),
    expires_on: expiresOn,
    subscription: flags.text('subscription') ?? LOCAL_SUBSCRIPTION,
    tenant: flags.text('tenant') ?? LOCAL_TENANT,
    tokenType: 'Bearer',
  };
  printResult(result, flags);
  return EXIT.ok;
}

/** Az's flags that have a meaning here; all others are ignored. */
function flagsOf(args: readonly string[]): Flags {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      output: { ...text, short: 'o' },
      query: text,
      resource: text,
      scope: text,
      subscription: { ...text, short: 's' },
      tenant: { ...text, short: 't' },
    },
    strict: false,
  });
  return values;
}

/** `2099-01-01 00:00:00.000000` in local time, as az prints it. */
function localTime(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return `${local.toISOString().slice(0, -1).replace('T', ' ')}000`;
}
