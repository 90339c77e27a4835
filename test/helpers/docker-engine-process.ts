// Runs one docker engine until it is killed: `REPOSITORY IMAGE`. Prints a line once it serves.
import { DockerEngine } from '../../src/engines/docker/docker-engine.ts';

const [repository = '', image = ''] = process.argv.slice(2);
const environment = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);
const engine = new DockerEngine({
  repository,
  image,
  gpus: 'none',
  missingImage: 'fail',
  environment,
  project: 'killed',
  events: { emit: () => {} },
});
void engine.start(new AbortController().signal).then(() => process.stdout.write('serving\n'));
setInterval(() => {}, 1_000);
