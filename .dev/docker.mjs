// Whether the tests of the docker engine can run here: a daemon that answers, and the Triton image of the tests.
import path from 'node:path';
import { root, runQuietly, runs, say } from './setup.mjs';

const RECIPE = path.join(root, 'test/helpers/test-image.sh');
const ANSWER_LIMIT_MS = 20_000;

/**
 * Makes the image where it is missing. TRITON_LOCAL_TEST_DOCKER, where set, is taken as it is.
 * @returns the value of that variable; undefined, after saying why, where there is no daemon or the image cannot be had.
 */
export async function ensureDocker() {
  if (process.env.TRITON_LOCAL_TEST_DOCKER) return process.env.TRITON_LOCAL_TEST_DOCKER;
  if (process.platform !== 'linux') {
    say('The tests of the docker engine make their image with debootstrap, on Linux only: they are skipped.');
    return undefined;
  }
  if (!runs('docker', ['info'], { timeout: ANSWER_LIMIT_MS })) {
    say('No Docker daemon answers: the tests of the docker engine are skipped.');
    return undefined;
  }
  try {
    await runQuietly('Looking for the Triton image of the tests', 'bash', [RECIPE]);
    return '1';
  } catch (error) {
    say(error.message);
    say('The image could not be made: the tests of the docker engine are skipped.');
    return undefined;
  }
}
