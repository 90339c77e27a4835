import type Docker from 'dockerode';
import { refused } from '../container/failure.ts';
import { statusOf } from '../daemon/docker-error.ts';
import { ONNX_LABEL } from './slim.ts';

/** An image that is present at the daemon. */
export interface PresentImage {
  readonly reference: string;
  /** Whether its server lacks the ONNX backend and runs ONNX models through its Python backend. */
  readonly lacksOnnx: boolean;
}

/** NVIDIA's label. Azure's images, and copies under other names, are recognized by their names. */
const TRITON_LABEL = 'com.nvidia.tritonserver.version';
const TRITON_NAME = /(^|\/)[\w.-]*triton[\w.-]*(?::|$)/;

/** Undefined if the daemon does not have the image. @throws any other error of the daemon */
export async function inspectImage(docker: Docker, reference: string): Promise<PresentImage | undefined> {
  try {
    const { Config } = await docker.getImage(reference).inspect();
    return { reference, lacksOnnx: Config?.Labels?.[ONNX_LABEL] !== undefined };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw refused(error, reference, 'none');
  }
}

/** The most recently created Triton image of any release; undefined if there is none. */
export async function newestTritonImage(docker: Docker): Promise<PresentImage | undefined> {
  const images = [...(await docker.listImages())].sort((a, b) => b.Created - a.Created);
  for (const { RepoTags, Labels } of images) {
    const labels: Readonly<Record<string, string>> = Labels ?? {};
    const isMarked = TRITON_LABEL in labels || ONNX_LABEL in labels;
    const reference = RepoTags?.find((tag) => tag !== '<none>:<none>' && (isMarked || TRITON_NAME.test(tag)));
    if (reference !== undefined) return { reference, lacksOnnx: ONNX_LABEL in labels };
  }
  return undefined;
}
