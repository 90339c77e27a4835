import type { OnnxHeader } from './onnx-header.ts';

/** The limits of an ONNX Runtime, which refuses newer models. */
export interface OnnxRuntimeLimits {
  readonly onnxRuntime: string;
  readonly irVersion: number;
  /** The newest operator sets of ONNX itself and of `ai.onnx.ml`. */
  readonly opset: number;
  readonly mlOpset: number;
}

/**
 * The first release of Triton (year.month, as in the image's tag) with each ONNX Runtime, and that runtime's limits.
 * Versions: Triton's release notes; limits: measured by loading models with each version's PyPI package.
 */
const RELEASES: readonly (OnnxRuntimeLimits & { readonly from: string })[] = [
  { from: '24.07', onnxRuntime: '1.18.1', irVersion: 10, opset: 21, mlOpset: 5 },
  { from: '24.09', onnxRuntime: '1.19.2', irVersion: 10, opset: 21, mlOpset: 5 },
  { from: '24.12', onnxRuntime: '1.20.1', irVersion: 10, opset: 21, mlOpset: 5 },
  { from: '25.03', onnxRuntime: '1.21.0', irVersion: 10, opset: 22, mlOpset: 5 },
  { from: '25.05', onnxRuntime: '1.22.0', irVersion: 10, opset: 22, mlOpset: 5 },
  { from: '25.09', onnxRuntime: '1.23', irVersion: 11, opset: 23, mlOpset: 5 },
  { from: '26.02', onnxRuntime: '1.24', irVersion: 13, opset: 25, mlOpset: 5 },
];

/** The release that we emulate, Triton 2.51.0. */
export const EMULATED_RELEASE = '24.10';

/** What makes a model too new for a release, and what to do. */
export interface TooNew {
  /** such as `IR version 11 (up to 10 loads)`. */
  readonly excess: readonly string[];
  readonly onnxRuntime: string;
  readonly remedy: string;
}

/**
 * Compares a model with the ONNX Runtime of a release of Triton.
 * @returns undefined if that release loads it, or is unknown here
 */
export function tooNewFor(header: OnnxHeader, release: string): TooNew | undefined {
  const limits = limitsOf(release);
  if (!limits) return undefined;
  const excess = excessOver(header, limits);
  if (excess.length === 0) return undefined;
  const newer = RELEASES.find((known) => known.from > release && excessOver(header, known).length === 0);
  const exported = `export it with opset ${limits.opset} or lower and IR version ${limits.irVersion} or lower`;
  return {
    excess,
    onnxRuntime: limits.onnxRuntime,
    remedy: newer ? `${exported}, or deploy Triton ${newer.from} or newer, which loads it` : exported,
  };
}

function limitsOf(release: string): OnnxRuntimeLimits | undefined {
  return RELEASES.findLast(({ from }) => from <= release);
}

function excessOver({ irVersion, opsets }: OnnxHeader, limits: OnnxRuntimeLimits): string[] {
  const excess: string[] = [];
  const compare = (what: string, given: number, limit: number) => {
    if (given > limit) excess.push(`${what} ${given} (up to ${limit} loads)`);
  };
  compare('IR version', irVersion, limits.irVersion);
  compare('opset', opsets.get('') ?? 0, limits.opset);
  compare('opset of ai.onnx.ml', opsets.get('ai.onnx.ml') ?? 0, limits.mlOpset);
  return excess;
}
