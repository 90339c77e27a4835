import { invalidConfig } from './config-error.ts';
import type { ModelConfig, ModelEnsembling } from './model-config.ts';

/** A tensor that flows through an ensemble. */
interface EnsembleTensor {
  readonly name: string;
  isWritten: boolean;
  isReady: boolean;
  /** The tensors read by the step that writes this one, and the reverse. */
  readonly sources: EnsembleTensor[];
  readonly targets: EnsembleTensor[];
}

/**
 * Checks the rules for an ensemble that do not involve its members (mcu ValidateEnsembleSchedulingConfig).
 * @throws MODEL_CONFIG_INVALID with Triton's text
 */
export function validateEnsemble(config: ModelConfig, ensemble: ModelEnsembling): void {
  const { name } = config;
  if (config.platform !== 'ensemble') {
    throw invalidConfig(
      `ensemble scheduling cannot be set for model '${name}' whose platform is not ensemble`,
      ['ensemble_scheduling'],
    );
  }
  if (config.instance_group.length > 0)
    throw invalidConfig(`instance group should not be specified for ensemble '${name}'`, ['instance_group']);
  if (config.optimization)
    throw invalidConfig(`optimization should not be specified for ensemble '${name}'`, ['optimization']);
  if (config.model_warmup.length > 0)
    throw invalidConfig(`model_warmup can not be specified for ensemble '${name}'`, ['model_warmup']);
  if (ensemble.step.length === 0)
    throw invalidConfig(`must specify 'step' for ensemble '${name}'`, ['ensemble_scheduling']);

  const tensors = linkTensors(name, ensemble);
  spreadFromInputs(config, tensors);
  checkOutputs(config, tensors);
  const outputs = new Set(config.output.map((output) => output.name));
  for (const tensor of tensors.values()) {
    if (outputs.has(tensor.name) || (tensor.isReady && tensor.targets.length > 0)) continue;
    throw invalidConfig(`ensemble tensor '${tensor.name}' is unused in ensemble '${name}'`, [
      'ensemble_scheduling',
    ]);
  }
}

function linkTensors(ensembleName: string, { step }: ModelEnsembling): Map<string, EnsembleTensor> {
  const tensors = new Map<string, EnsembleTensor>();
  const tensorOf = (name: string): EnsembleTensor => {
    const known = tensors.get(name);
    if (known) return known;
    const made = { name, isWritten: false, isReady: false, sources: [], targets: [] };
    tensors.set(name, made);
    return made;
  };
  for (const [index, { model_name, input_map, output_map }] of step.entries()) {
    const field = ['ensemble_scheduling', 'step', index];
    const missing = (
      [
        ['model_name', model_name === ''],
        ['input_map', Object.keys(input_map).length === 0],
        ['output_map', Object.keys(output_map).length === 0],
      ] as const
    ).find(([, isMissing]) => isMissing)?.[0];
    if (missing)
      throw invalidConfig(`must specify '${missing}' in step ${index} of ensemble '${ensembleName}'`, field);

    const written = Object.values(output_map).map((name) => {
      const tensor = tensorOf(name);
      if (tensor.isWritten) {
        throw invalidConfig(
          `ensemble tensor '${name}' can appear in an output map only once for ensemble '${ensembleName}' ` +
            `step ${index}`,
          [...field, 'output_map'],
        );
      }
      tensor.isWritten = true;
      return tensor;
    });
    for (const name of Object.values(input_map)) {
      const source = tensorOf(name);
      for (const target of written) {
        target.sources.push(source);
        source.targets.push(target);
      }
    }
  }
  return tensors;
}

function spreadFromInputs({ name, input }: ModelConfig, tensors: ReadonlyMap<string, EnsembleTensor>): void {
  const queue = input.map(({ name: inputName }, index) => {
    const tensor = tensors.get(inputName);
    // The stray quote is Triton's.
    if (!tensor)
      throw invalidConfig(`ensemble input '${inputName}' for ensemble ${name}' is not used`, [
        'input',
        index,
      ]);
    tensor.isReady = true;
    return tensor;
  });
  for (const tensor of queue) {
    for (const target of tensor.targets) {
      if (target.isReady || !target.sources.every((source) => source.isReady)) continue;
      target.isReady = true;
      queue.push(target);
    }
  }
}

function checkOutputs({ name, output }: ModelConfig, tensors: ReadonlyMap<string, EnsembleTensor>): void {
  for (const [index, { name: outputName }] of output.entries()) {
    const tensor = tensors.get(outputName);
    if (!tensor)
      throw invalidConfig(`ensemble output '${outputName}' for ensemble ${name}' is not used`, [
        'output',
        index,
      ]);
    if (tensor.isReady) continue;
    const origin = findOrigin(tensor);
    const reason =
      origin === tensor ? '' : `: at least one of its depending tensors, '${origin.name}', is not connected`;
    throw invalidConfig(`output '${outputName}' for ensemble '${name}' is not written${reason}`, [
      'output',
      index,
    ]);
  }
}

/** The first upstream tensor that no step writes. */
function findOrigin(tensor: EnsembleTensor): EnsembleTensor {
  const seen = new Set<EnsembleTensor>();
  let origin = tensor;
  for (;;) {
    const next = origin.sources.find((source) => !source.isReady && !seen.has(source));
    if (!next) return origin;
    seen.add(next);
    origin = next;
  }
}
