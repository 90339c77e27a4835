import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newestSdk, olderSdk, SdkUser } from './azure-sdk.ts';

const LIMIT_MS = 170_000;

/** The lines that a walk prints, without the SDK's own and its dots of progress. */
function linesOf(stdout: string): string[] {
  return stdout.split('\n').map((line) => line.replace(/^\.+/, ''));
}

const TRITON = [
  "endpoint digits-triton True key {'kind': 'sample'} {}",
  'empty https://127.0.0.1 score',
  'deployment blue True ManagedOnlineDeployment',
  "traffic {'blue': 100}",
  "uri https://127.0.0.1 '' {'blue': 100}",
  'ready True True',
  'without key False',
  'digit 4 digits',
  'logs True',
  'keys True False',
  'new key True',
  "list [('digits-triton', True)]",
  "deployments ['blue']",
  'left []',
];

const SCRIPT = [
  'model digits 1',
  'environment digits-env 1',
  'deployment True 1',
  'settings 30000 30',
  "names ['digits', 'versions', '1'] ['digits-env', 'versions', '1']",
  'invoke 4',
  'invoke blue 4',
  'uri score swagger.json',
  'by hand 4 blue',
  'logs True',
  "storage <class 'str'>",
  'left []',
];

const BLUE_GREEN = [
  'blue [(200, \'"blue"\')]',
  'still blue [(200, \'"blue"\')]',
  expect.stringMatching(/^green .*green/),
  "mirror {'blue': 100} {'green': 50}",
  'callers see [(200, \'"blue"\')]',
  'mirrored True',
  'mirror off {}',
  "split {'blue': 60, 'green': 40} [(200, '\"blue\"'), (200, '\"green\"')]",
  expect.stringContaining(
    'update [(200, \'"blue"\'), (200, \'"second"\')] [(200, \'"second"\'), (200, \'"second"\')]',
  ),
  expect.stringMatching(/^sum 400 /),
  expect.stringMatching(/^name 400 .*red/),
  expect.stringMatching(/^busy 400 .*100% of the traffic/),
  "left ['green'] [(200, '\"green\"')]",
  'end []',
];

describe.skipIf(!newestSdk || !olderSdk)('walks of the real azure-ai-ml, unmodified', () => {
  let user: SdkUser;
  beforeEach(async () => {
    user = await SdkUser.create();
  });
  afterEach(() => user[Symbol.asyncDispose]());

  it("the sample's script", { timeout: LIMIT_MS }, async () => {
    const { code, stdout, stderr } = await user.az.run('exec', '--', newestSdk ?? '', 'azure/deploy_v2.py');
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(linesOf(stdout)).toContain('digit 4');
  });

  it('Triton alone: a notebook', { timeout: LIMIT_MS }, async () => {
    const { code, stdout, stderr } = await user.runNotebook(newestSdk, 'no_code.py');
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(linesOf(stdout)).toEqual(expect.arrayContaining(TRITON));
  });

  it('Triton alone: a script for 1.12.1', { timeout: LIMIT_MS }, async () => {
    const { code, stdout, stderr } = await user.run(olderSdk, 'no_code.py');
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(linesOf(stdout)).toEqual(expect.arrayContaining(TRITON));
  });

  it('an entry script in front of Triton, with an environment of a conda file', {
    timeout: LIMIT_MS,
  }, async () => {
    // The environment is built, instead of the one that the tests have.
    delete user.az.environment.TRITON_LOCAL_PYTHON;
    await user.az.write(
      'conda.yml',
      'name: digits\nchannels: [conda-forge]\ndependencies:\n  - python\n  - pip:\n      - numpy\n      - tritonclient[http]\n      - flask\n',
    );
    const { code, stdout, stderr } = await user.run(newestSdk, 'entry_script.py');
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(linesOf(stdout)).toEqual(expect.arrayContaining(SCRIPT));

    const sdk = await user.startSession();
    await sdk.evaluate(
      'ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="conda")).result().name',
    );
    for (const [dependencies, reason] of [
      ['5', 'dependencies'],
      ['["python", {"pip": ["numpy=1.0"]}]', 'numpy=1.0'],
    ]) {
      const { classes, message } = await sdk.failureOf(
        `ml_client.online_deployments.begin_create_or_update(ManagedOnlineDeployment(
          name="blue", endpoint_name="conda", instance_type="Standard_DS3_v2", instance_count=1,
          code_configuration=CodeConfiguration(code="azure", scoring_script="deploy.py"),
          environment=Environment(image="mcr.microsoft.com/any", conda_file={"dependencies": ${dependencies}}),
        )).result()`,
      );
      expect(classes[0]).toBe('HttpResponseError');
      expect(message).toContain(reason);
    }
  });

  it('blue and green: traffic, mirror, an update under load', { timeout: LIMIT_MS }, async () => {
    const { code, stdout, stderr } = await user.run(newestSdk, 'blue_green.py');
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(linesOf(stdout)).toEqual(expect.arrayContaining(BLUE_GREEN));
  });
});
