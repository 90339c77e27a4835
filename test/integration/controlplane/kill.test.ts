import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../helpers/fuzz.ts';
import { processesWithHome } from '../../helpers/leftovers.ts';
import { newestSdk, type SdkSession, SdkUser } from './azure-sdk.ts';

const SEED = Number(process.env.TRITON_LOCAL_TEST_SEED ?? 16);
const ROUNDS = Number(process.env.TRITON_LOCAL_TEST_ROUNDS ?? 3);
/** When to kill, counted from the request for the deployment: it takes a second or two. */
const LATEST_MS = 2_500;
const SETTLED = { timeout: 90_000, interval: 500 };

const VICTIMS = {
  script: /session\.py/,
  'control plane': /control-plane/,
  deployment: / up /,
};
type Victim = keyof typeof VICTIMS;

const deploy = (round: string) => `
ml_client.online_deployments.begin_create_or_update(ManagedOnlineDeployment(
    name="blue", endpoint_name="killed", instance_type="Standard_DS3_v2", instance_count=1,
    code_configuration=CodeConfiguration(code="code", scoring_script="score.py"),
    environment="azureml:AzureML-Triton@latest", environment_variables={"ROUND": "${round}"},
)).result().provisioning_state
`;
const STATES = '{one.name: one.provisioning_state for one in ml_client.online_deployments.list("killed")}';

describe.skipIf(!newestSdk || process.platform !== 'linux')('kill -9 while a deployment is created', () => {
  let user: SdkUser;
  beforeEach(async () => {
    user = await SdkUser.create();
    await user.az.write('empty.json', '{}');
    await user.az.write(
      'code/score.py',
      'import time\n\ndef init(): time.sleep(0.5)\n\ndef run(data): return 7\n',
    );
  });
  afterEach(() => user[Symbol.asyncDispose]());

  async function kill(victim: Victim): Promise<number> {
    const pids = await processesWithHome(user.az.home);
    let killed = 0;
    for (const pid of pids) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (!VICTIMS[victim].test(command.replaceAll('\0', ' '))) continue;
      try {
        process.kill(pid, 'SIGKILL');
        killed += 1;
      } catch {
        // It has ended in the meantime.
      }
    }
    return killed;
  }

  const answerOfBlue = (sdk: SdkSession) =>
    sdk.evaluate(
      'ml_client.online_endpoints.invoke("killed", deployment_name="blue", request_file="empty.json")',
    );

  it(`nothing half-made is Succeeded, and the next command works (seed ${SEED})`, {
    timeout: 600_000,
  }, async () => {
    const random = randomNumbers(SEED);
    let sdk = await user.startSession();
    await sdk.evaluate(
      'ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="killed")).result().name',
    );
    const victims = Object.keys(VICTIMS) as Victim[];
    for (let round = 0; round < ROUNDS; round += 1) {
      const victim = victims[random(victims.length)] ?? 'script';
      const delay = random(LATEST_MS);
      const place = `round ${round}: ${victim} after ${delay} ms`;
      const deploying = sdk.evaluate(deploy(String(round))).catch((error: Error) => error.message);
      await sleep(delay);
      await kill(victim);
      await deploying;
      await sdk.end();

      sdk = await user.startSession();
      await expect
        .poll(() => sdk.evaluate<Record<string, string>>(STATES).then(Object.values), {
          ...SETTLED,
          message: place,
        })
        .not.toContainEqual(expect.stringMatching(/^(?!Succeeded|Failed)/));
      const states = await sdk.evaluate<Record<string, string>>(STATES);
      if (states.blue === 'Succeeded') expect(await answerOfBlue(sdk), place).toBe('7');
      expect(await sdk.evaluate(deploy(`again ${round}`)), place).toBe('Succeeded');
      expect(await answerOfBlue(sdk), place).toBe('7');
    }
    await sdk.evaluate('ml_client.online_endpoints.begin_delete("killed").result()');
    expect(await sdk.evaluate('[one.name for one in ml_client.online_endpoints.list()]')).toEqual([]);
  });

  it('an upload that was cut off is not a model, and the next one is whole', {
    timeout: 300_000,
  }, async () => {
    const bytes = Buffer.alloc(90_000_000, 'weights ');
    await user.az.write('weights.bin', bytes);
    const register =
      'ml_client.models.create_or_update(Model(name="weights", path="weights.bin", type="custom_model")).version';
    const first = await user.startSession();
    const registering = first.evaluate(register).catch(() => 'killed');
    await sleep(randomNumbers(SEED)(1_500));
    await kill('script');
    const outcome = await registering;
    await first.end();

    const sdk = await user.startSession();
    const versions = '[one.version for one in ml_client.models.list("weights")]';
    if (outcome === 'killed') expect((await sdk.evaluate<string[]>(versions)).length).toBeLessThanOrEqual(1);
    const version = await sdk.evaluate<string>(register);
    await sdk.evaluate(`ml_client.models.download("weights", "${version}", download_path="got")`);
    const got = await readFile(`${user.az.project.directory}/got/weights/weights.bin`);
    expect(got.equals(bytes)).toBe(true);
  });
});
