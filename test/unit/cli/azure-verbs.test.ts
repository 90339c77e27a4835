import { CommanderError } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';
import { ENVIRONMENT_VERBS } from '../../../src/cli/azure/environment-verbs.ts';
import { MODEL_VERBS } from '../../../src/cli/azure/model-verbs.ts';
import { DEPLOYMENT_VERBS, ENDPOINT_VERBS } from '../../../src/cli/azure/online-verbs.ts';
import { SERVICE_VERBS } from '../../../src/cli/azure/service-verbs.ts';
import type { Verb } from '../../../src/cli/azure/verbs.ts';
import type { Flags } from '../../../src/cli/flags.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { isVerbose } from '../../../src/cli/verbose.ts';

const GROUPS: readonly (readonly [string, readonly Verb[]])[] = [
  ['model', MODEL_VERBS],
  ['service', SERVICE_VERBS],
  ['environment', ENVIRONMENT_VERBS],
  ['online-endpoint', ENDPOINT_VERBS],
  ['online-deployment', DEPLOYMENT_VERBS],
];
/** Global flags of az, with a value where they take one. */
const GLOBAL = [
  '--debug',
  '--verbose',
  '--only-show-errors',
  '-o json',
  '--output=tsv',
  '--query name',
  '--subscription x',
  '-g x',
  '-w x',
  '--workspace-name x',
];

afterEach(() => {
  process.exitCode = undefined;
});

/** Parses a command line of the whole program, and gives the flags that the verb would run with. */
async function parse(...args: string[]): Promise<Flags> {
  const program = createProgram().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  const [group, verb] = args.filter((arg) => arg !== '--verbose');
  const command = program.commands
    .find((it) => it.name() === group)
    ?.commands.find((it) => it.name() === verb);
  if (!command) throw new Error(`no verb ${group} ${verb}`);
  command.configureOutput({ writeErr: () => undefined });
  let seen: Flags | undefined;
  command.action(() => {
    seen = command.opts();
  });
  await program.parseAsync(['node', 'triton-local', ...args]);
  if (!seen) throw new Error('the verb did not run');
  return { ...seen, verbose: isVerbose(program) };
}

describe('the command line of az', () => {
  it.each([
    [['model', 'show', '-n', 'm', '--version', '1'], { name: 'm', version: '1' }],
    [['model', 'create', '-n', 'm', '-p', 'x', '--version', '3'], { version: '3' }],
    [['environment', 'show', '-n', 'e', '--version', '2'], { version: '2' }],
    [['environment', 'show', '-n', 'e', '-v', '2'], { version: '2' }],
    [['environment', 'create', '--file', 'e.yml', '--version', '2'], { version: '2' }],
    [['model', 'list', '--verbose'], { verbose: true }],
    [['--verbose', 'model', 'list'], { verbose: true }],
  ])('%j: no option of ours is in the way', async (args, flags) => {
    expect(await parse(...args)).toMatchObject(flags);
  });

  it.each(
    GROUPS.flatMap(([group, verbs]) =>
      verbs.filter(({ hidden }) => !hidden).map((verb) => ({ group, verb })),
    ),
  )('$group $verb.name takes its own flags and the global ones of az', async ({ group, verb }) => {
    const taken = new Set(
      verb.flags.flatMap(([names]) => names.split(/[ ,*]+/).filter((it) => it.startsWith('-'))),
    );
    const own = verb.flags.flatMap(([names]) => {
      const [, long = '', value] = /(--[\w-]+)(?: ([<[].*))?\*?$/.exec(names.replace('*', '')) ?? [];
      return value?.startsWith('<') ? [long, 'a=b'] : [long];
    });
    const shared = GLOBAL.filter((it) => !taken.has(it.split(/[ =]/)[0] ?? '')).flatMap((it) =>
      it.split(' '),
    );
    const flags = await parse(group, verb.name, ...own, ...shared);
    expect(flags).toMatchObject({ verbose: true, query: 'name' });
  });

  it.each([
    [['online-endpoint', 'update', '--na', 'e', '--traf', 'blue=100'], { name: 'e', traffic: ['blue=100'] }],
    [['online-deployment', 'get-logs', '--endpoint', 'e', '--name', 'd'], { endpointName: 'e' }],
    [
      ['online-endpoint', 'invoke', '-n', 'e', '--deployment', 'd', '--request=r.json'],
      { deploymentName: 'd', requestFile: 'r.json' },
    ],
    [
      ['online-deployment', 'create', '--end', 'e', '--all', '--file', 'f'],
      { endpointName: 'e', allTraffic: true },
    ],
    [['model', 'deploy', '-n', 's', '--compute-ta', 'aks', '--ic', 'i.json'], { computeTarget: 'aks' }],
    [['service', 'run', '-n', 's', '--input', '--na'], { name: 's', inputData: '--na' }],
    [
      ['service', 'list', '--res', 'group', '--workspace-n', 'w'],
      { resourceGroup: 'group', workspaceName: 'w' },
    ],
    [['model', 'list', '--workspace', 'w.json'], { workspace: 'w.json' }],
  ])('%j: any unambiguous beginning of an option is that option', async (args, flags) => {
    expect(await parse(...args)).toMatchObject(flags);
  });

  it.each([
    [
      ['model', 'deploy', '-n', 's', '--cpu', '1'],
      'ambiguous option: --cpu could match --cpu-cores, --cpu-cores-limit',
    ],
    [['online-endpoint', 'create', '--n', 'e'], 'ambiguous option: --n could match --name, --no-wait'],
    [['online-endpoint', 'create', '--nonsense', 'e'], "unknown option '--nonsense'"],
  ])('%j is refused', async (args, text) => {
    const refused = await parse(...args).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CommanderError);
    expect(String(refused)).toContain(text);
  });

  it.each([
    [['model', 'profile', '-n', 'p', '--ic', 'x'], 'profile is not emulated: '],
    [['model', 'package', '--model', 'm:1'], 'package is not emulated: '],
    [['environment', 'share', '-n', 'e'], 'share is not emulated: '],
    [['model', 'list', '--registry-name', 'r'], '--registry-name is not emulated: '],
    [['online-endpoint', 'show', '-n', 'e', '--web'], '--web is not emulated: '],
    [
      ['online-deployment', 'update', '-n', 'd', '-e', 'e', '--add', 'tags', 'a=b'],
      '--add is not emulated: ',
    ],
    [['job', 'create', '-f', 'job.yml'], 'az ml job is not emulated: '],
    [['batch-endpoint', 'invoke', '-n', 'x'], 'az ml batch-endpoint is not emulated: '],
  ])('%j is named as not emulated, with the reason', async (args, text) => {
    const program = createProgram();
    await expect(program.parseAsync(['node', 'triton-local', ...args])).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(text),
    });
  });

  it('service update takes what model deploy takes, but for what only a new service has', () => {
    const flagsOf = (verbs: readonly Verb[], name: string) =>
      verbs.find((verb) => verb.name === name)?.flags.map(([names]) => names.replace('*', '')) ?? [];
    const update = flagsOf(SERVICE_VERBS, 'update');
    const missing = flagsOf(MODEL_VERBS, 'deploy').filter((names) => !update.includes(names));
    expect(missing).toEqual([
      '--overwrite [boolean]',
      '--pi, --profile-input <file>',
      '--tag <key=value...>',
      '--property <key=value...>',
    ]);
  });
});
