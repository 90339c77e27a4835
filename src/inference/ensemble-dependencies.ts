import { invalidArgument } from '../kserve/index.ts';
import { type ModelDefinition, readModelDefinition } from '../repository/index.ts';
import type { LoadedVersion } from './loaded-version.ts';

/** What is known of an ensemble's members. */
export interface Members {
  readonly repository: string;
  readyVersions(model: string): readonly LoadedVersion[];
}

/**
 * Checks an ensemble against its members as Triton's repository manager does before it loads one.
 * @throws KServeError with Triton's text
 */
export async function checkEnsemble(definition: ModelDefinition, members: Members): Promise<void> {
  const { name, config } = definition;
  const steps = config.ensemble_scheduling?.step ?? [];
  const missing = new Set<string>();
  for (const { model_name } of steps) {
    const member = await readModelDefinition(members.repository, model_name).catch(() => undefined);
    if (!member || (member.versions.length === 0 && member.configFile === undefined)) missing.add(model_name);
    else await refuseCircle(name, member, members, new Set());
  }
  if (missing.size > 0)
    throw invalidArgument(
      `ensemble ${name} contains models that are not available or ambiguous: ${[...missing].join(', ')}`,
    );
  for (const step of steps) {
    const ready = members.readyVersions(step.model_name);
    const wanted = step.model_version;
    const member = wanted < 0 ? ready.at(-1) : ready.find(({ version }) => version === String(wanted));
    if (!member && wanted >= 0)
      throw invalidArgument(
        `ensemble '${name}' depends on '${step.model_name}' whose required version ${wanted} is not loaded.`,
      );
    if (!member)
      throw invalidArgument(
        `ensemble '${name}' depends on '${step.model_name}' which has no loaded version.`,
      );
    checkTensors(name, step.model_name, step.input_map, step.output_map, member);
  }
}

async function refuseCircle(
  ensemble: string,
  member: ModelDefinition,
  members: Members,
  visited: Set<string>,
): Promise<void> {
  if (visited.has(member.name)) return;
  visited.add(member.name);
  for (const { model_name } of member.config.ensemble_scheduling?.step ?? []) {
    if (model_name === ensemble)
      throw invalidArgument(
        `circular dependency between ensembles: ${ensemble} -> ... -> ${member.name} -> ${ensemble}`,
      );
    const next = await readModelDefinition(members.repository, model_name).catch(() => undefined);
    if (next) await refuseCircle(ensemble, next, members, visited);
  }
}

function checkTensors(
  ensemble: string,
  model: string,
  inputs: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
  { signature }: LoadedVersion,
): void {
  for (const [input, tensor] of Object.entries(inputs))
    if (!signature.inputs.has(input))
      throw invalidArgument(
        `in ensemble ${ensemble}, ensemble tensor ${tensor} is mapping to non-existing input ${input} in model ${model}`,
      );
  for (const [output, tensor] of Object.entries(outputs))
    if (!signature.outputs.has(output))
      throw invalidArgument(
        `in ensemble ${ensemble}, ensemble tensor ${tensor} is mapped from non-existing output ${output} in model ${model}`,
      );
}
