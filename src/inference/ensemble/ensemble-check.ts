import { invalidArgument, type KServeError } from '../../kserve/index.ts';
import {
  type EnsembleStep,
  type ModelConfig,
  type ModelDefinition,
  readModelDefinition,
} from '../../repository/index.ts';
import type { LoadedVersion } from '../loaded-version.ts';

export interface MemberFailure {
  /** `invalid`: its load could not even be tried; `loading`: its versions failed to load. */
  readonly stage: 'invalid' | 'loading';
  readonly reason: string;
}

/** What is known about an ensemble's members. */
export interface Members {
  readonly repository: string;
  readyVersions(model: string): readonly LoadedVersion[];
  /** Why a model is not served although a load was tried, in Triton's words; undefined if no load failed. */
  loadFailure(model: string): MemberFailure | undefined;
}

/**
 * Checks, before any member is loaded, that the members exist and do not depend on the ensemble.
 * @throws KServeError with Triton's text
 */
export async function checkMembersExist({ name, config }: ModelDefinition, members: Members): Promise<void> {
  const steps = config.ensemble_scheduling?.step ?? [];
  for (const { model_name } of steps) {
    const member = await readModelDefinition(members.repository, model_name).catch(() => undefined);
    if (!member || (member.versions.length === 0 && member.configFile === undefined))
      throw unavailableMember(name, model_name);
    await refuseCircle(name, member, members, new Set());
  }
}

function unavailableMember(ensemble: string, model: string): KServeError {
  return invalidArgument(
    `ensemble ${ensemble} contains models that are not available or ambiguous: ${model}`,
  );
}

/**
 * Checks an ensemble against its loaded members as Triton's repository manager does before it loads one.
 * @throws KServeError with Triton's text
 */
export function checkEnsemble({ name, config }: ModelDefinition, members: Members): void {
  const bound = bindSteps(config, members);
  const origins = new Map<string, TensorOrigin>();
  for (const tensor of [...config.input, ...config.output])
    origins.set(tensor.name, originOf(name, config, tensor));
  for (const { step, member } of bound) checkMember(config, step, member, origins);
  checkDecoupling(config, bound);
}

/** The first source of an ensemble tensor's type and shape. */
interface TensorOrigin {
  readonly model: string;
  readonly type: string;
  /** As configured. */
  readonly dims: readonly number[];
  /** Includes the batch dimension if the model batches. */
  readonly shape: readonly number[];
}

function originOf(
  model: string,
  { max_batch_size }: ModelConfig,
  { data_type, dims }: { readonly data_type: string; readonly dims: readonly number[] },
): TensorOrigin {
  return { model, type: data_type, dims, shape: max_batch_size > 0 ? [-1, ...dims] : dims };
}

/** A step and the version that it runs. */
export interface BoundStep {
  readonly step: EnsembleStep;
  readonly member: LoadedVersion;
}

function requireMember(ensemble: string, step: EnsembleStep, members: Members): LoadedVersion {
  const ready = members.readyVersions(step.model_name);
  const wanted = step.model_version;
  const member = wanted === -1 ? ready.at(-1) : ready.find(({ version }) => version === String(wanted));
  if (member) return member;
  if (wanted !== -1)
    throw invalidArgument(
      `ensemble '${ensemble}' depends on '${step.model_name}' whose required version ${wanted} is not loaded.`,
    );
  const depends = `ensemble '${ensemble}' depends on '${step.model_name}' which`;
  const failure = members.loadFailure(step.model_name);
  if (failure?.stage === 'invalid')
    throw invalidArgument(
      `${depends} is not valid. Model '${step.model_name}' failed with error: ${failure.reason}`,
    );
  const reason = failure ? ` Model '${step.model_name}' loading failed with error: ${failure.reason}` : '';
  throw invalidArgument(`${depends} has no loaded version.${reason}`);
}

function checkMember(
  { name, max_batch_size }: ModelConfig,
  { model_name, input_map, output_map }: EnsembleStep,
  { config }: LoadedVersion,
  origins: Map<string, TensorOrigin>,
): void {
  if (max_batch_size > 0 && config.max_batch_size > 0 && max_batch_size > config.max_batch_size)
    throw invalidArgument(
      `ensemble ${name} allows maximum batch size ${max_batch_size}, but it contains model ${model_name} which only allows maximum batch size to be ${config.max_batch_size}`,
    );
  for (const [input, tensor] of Object.entries(input_map)) {
    const found = config.input.find((known) => known.name === input);
    if (!found)
      throw invalidArgument(
        `in ensemble ${name}, ensemble tensor ${tensor} is mapping to non-existing input ${input} in model ${model_name}`,
      );
    checkConsistency(name, tensor, originOf(model_name, config, found), origins);
  }
  for (const input of config.input)
    if (!input.optional && !Object.hasOwn(input_map, input.name))
      throw invalidArgument(
        `in ensemble ${name}, input ${input.name} in model ${model_name} is not mapped to any ensemble tensors`,
      );
  for (const [output, tensor] of Object.entries(output_map)) {
    const found = config.output.find((known) => known.name === output);
    if (!found)
      throw invalidArgument(
        `in ensemble ${name}, ensemble tensor ${tensor} is mapped from non-existing output ${output} in model ${model_name}`,
      );
    checkConsistency(name, tensor, originOf(model_name, config, found), origins);
  }
}

function checkConsistency(
  ensemble: string,
  tensor: string,
  here: TensorOrigin,
  origins: Map<string, TensorOrigin>,
): void {
  const first = origins.get(tensor);
  if (!first) {
    origins.set(tensor, here);
    return;
  }
  const prefix = `in ensemble ${ensemble}, ensemble tensor ${tensor}: inconsistent`;
  if (first.type !== here.type)
    throw invalidArgument(
      `${prefix} data type: ${first.type} is inferred from model ${first.model} while ${here.type} is inferred from model ${here.model}`,
    );
  if (!dimsAgree(first.dims, here.dims) && !dimsAgree(first.shape, here.shape))
    throw invalidArgument(
      `${prefix} shape: [${first.shape}] is inferred from model ${first.model} while [${here.shape}] is inferred from model ${here.model}`,
    );
}

/** -1 stands for anything. */
function dimsAgree(one: readonly number[], other: readonly number[]): boolean {
  return (
    one.length === other.length &&
    one.every((dim, index) => dim === -1 || other[index] === -1 || dim === other[index])
  );
}

/** All inputs of a step must come from the same decoupled step, or none from any. */
function checkDecoupling({ name, input }: ModelConfig, bound: readonly BoundStep[]): void {
  const sources = new Map<string, BoundStep | undefined>(input.map((tensor) => [tensor.name, undefined]));
  const waiting = new Set(bound);
  let advanced = true;
  while (advanced) {
    advanced = false;
    for (const one of waiting) {
      const reads = Object.values(one.step.input_map);
      if (!reads.every((tensor) => sources.has(tensor))) continue;
      const origins = new Set(reads.map((tensor) => sources.get(tensor)));
      if (origins.size > 1)
        throw invalidArgument(
          `in ensemble ${name}, step of model '${name}' receives inputs originated from different decoupled models`,
        );
      const decoupled = one.member.config.model_transaction_policy?.decoupled ?? false;
      const [origin] = origins;
      for (const tensor of Object.values(one.step.output_map)) sources.set(tensor, decoupled ? one : origin);
      waiting.delete(one);
      advanced = true;
    }
  }
}

/**
 * The steps of an ensemble, each with the version that is serving now.
 * @throws KServeError with Triton's text if one is missing
 */
export function bindSteps(
  { name, ensemble_scheduling }: ModelConfig,
  members: Members,
): readonly BoundStep[] {
  return (ensemble_scheduling?.step ?? []).map((step) => ({
    step,
    member: requireMember(name, step, members),
  }));
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
