import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, messageOf } from '../base/index.ts';
import { type FieldPath, invalidConfig } from './config-error.ts';
import type { ModelConfig } from './model-config.ts';

/** Where Triton's image keeps its agents. */
const AGENT_DIRECTORY = '/opt/tritonserver/repoagents';
/** The only agent in the image; any other is the user's own library. */
const CHECKSUM = 'checksum';

/**
 * Runs `model_repository_agents` as Triton does before it reads anything else of a model: `checksum` compares files
 * with their MD5 sums (checksum_repository_agent); every other agent is refused.
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export async function runRepositoryAgents(
  { model_repository_agents }: ModelConfig,
  directory: string,
): Promise<void> {
  for (const [index, { name, parameters }] of (model_repository_agents?.agents ?? []).entries()) {
    const field = ['model_repository_agents', 'agents', index];
    if (name !== CHECKSUM) {
      throw invalidConfig(
        `unable to find 'libtritonrepoagent_${name}.so' for repo agent '${name}', searched: ${AGENT_DIRECTORY}`,
        [...field, 'name'],
        'INVALID_ARG',
        "Triton's image has only the agent 'checksum'; for another one, use --engine docker with an image of your own",
      );
    }
    for (const [key, sum] of Object.entries(parameters))
      await compareSum(key, sum, directory, [...field, 'parameters', key]);
  }
}

async function compareSum(key: string, expected: string, directory: string, field: FieldPath): Promise<void> {
  const colon = key.indexOf(':');
  if (colon < 0) throw invalidConfig(`failed to parse key: ${key}`, field);
  const algorithm = key.slice(0, colon);
  if (algorithm.toLowerCase() !== 'md5')
    throw invalidConfig(`Unsupported checksum algorithm: ${algorithm}`, field, 'UNSUPPORTED');
  const file = key.slice(colon + 1);
  let content: Uint8Array;
  try {
    content = await readFile(path.join(directory, file));
  } catch (error) {
    const reason = hasErrno(error, 'ENOENT') ? 'No such file or directory' : messageOf(error);
    throw invalidConfig(`failed to open text file for read ${file}: ${reason}`, field);
  }
  const sum = createHash('md5').update(content).digest('hex');
  if (sum !== expected)
    throw invalidConfig(`Mismatched MD5 hash for file ${file}, expect: ${expected}, got: ${sum}`, field);
}
