import {
  createEndpoint,
  type DeploymentRequest,
  deleteDeployment,
  deleteEndpoint,
  deployOnline,
  type EndpointRequest,
  regenerateEndpointKey,
} from '../../azureml/index.ts';
import { TritonLocalError } from '../../base/index.ts';
import type { AzureState, JsonObject } from '../../workspace/index.ts';
import { ArmError, errorBody } from '../arm-error.ts';
import type { ArmContext } from '../context.ts';
import type { Operation } from '../operations/operations.ts';
import { withCodePaths, withContainerPaths } from './container-paths.ts';
import { requestDocument } from './request-document.ts';

type RunContext = Omit<ArmContext, 'operations'>;

/** How many of the last lines a failed script printed are in the error. */
const LOG_LINES = 20;

/** Does what an operation on an endpoint or a deployment stands for. It may run a second time after a restart. */
export async function runOperation(
  context: RunContext,
  operation: Operation,
  signal: AbortSignal,
): Promise<void> {
  const { workspace, host } = context;
  const { kind, resource, input } = operation;
  const [, endpoint = '', , deployment] = resource.split('/');
  if (kind === 'regenerateKeys') {
    await regenerateEndpointKey(workspace, endpoint, String(input.keyType), String(input.key));
  } else if (kind === 'delete') {
    const deleting =
      deployment === undefined
        ? deleteEndpoint(workspace, host, endpoint, signal)
        : deleteDeployment(workspace, host, endpoint, deployment, signal);
    await deleting.catch(unlessGone);
  } else if (deployment === undefined) {
    await createEndpoint(workspace, endpointRequest(input), host, () => undefined, signal);
  } else {
    await deploy(context, deploymentRequest(input), signal);
  }
}

/**
 * What became of a create operation since its process was killed: its resource may have been deleted, or brought up by
 * the operation itself or by a command of az. Then it must not undo that.
 */
export function endedMeanwhile(
  { endpoints, operations }: AzureState,
  { kind, resource, startTime }: Operation,
): 'Succeeded' | 'Canceled' | undefined {
  const isDeleted = operations.some(
    (it) =>
      it.status === 'InProgress' && it.kind === 'delete' && `${resource}/`.startsWith(`${it.resource}/`),
  );
  // After a deletion that is still to be done, it creates its resource anew.
  if (kind !== 'create' || isDeleted) return undefined;
  const [, endpointName, , name] = resource.split('/');
  const endpoint = endpoints.find((it) => it.name === endpointName);
  const record = name === undefined ? endpoint : endpoint?.deployments.find((it) => it.name === name);
  if (!record) return 'Canceled';
  return record.running && (record.updatedTime ?? '') > startTime ? 'Succeeded' : undefined;
}

/** The request of `createEndpoint` for an endpoint as a file of az defines it. */
export function endpointRequest(file: JsonObject): EndpointRequest {
  const document = requestDocument(file);
  return { document, name: undefined, authMode: undefined, profile: undefined, local: false, set: [] };
}

/** The request of `deployOnline` for the recorded input of an operation. */
export function deploymentRequest({ file, resourceIds }: JsonObject): DeploymentRequest {
  return {
    document: requestDocument(file as JsonObject),
    name: undefined,
    endpointName: undefined,
    set: [],
    allTraffic: false,
    local: false,
    gpu: false,
    resourceIds: resourceIds as NonNullable<DeploymentRequest['resourceIds']>,
  };
}

async function deploy(
  { workspace, host }: RunContext,
  request: DeploymentRequest,
  signal: AbortSignal,
): Promise<void> {
  const notes: string[] = [];
  const note = (text: string) => {
    notes.push(...text.split('\n'));
  };
  try {
    await deployOnline(workspace, request, host, note, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const { status, code, message } = errorBody(error);
    const { endpoint_name: endpoint, name } = request.document?.value ?? {};
    const text = withCodePaths(withLog(message, notes), codeDirectoryOf(request));
    throw new ArmError(status, code, withContainerPaths(text, workspace, String(endpoint), String(name)));
  }
}

/** The message with the last lines that the script printed. */
function withLog(message: string, notes: readonly string[]): string {
  const at = notes.findLastIndex((line) => / printed:$/.test(line));
  const log = at < 0 ? [] : notes.slice(at + 1).slice(-LOG_LINES);
  return log.length === 0 ? message : [message, 'Last lines of the log:', ...log].join('\n');
}

function codeDirectoryOf({ document }: DeploymentRequest): string | undefined {
  const code = document?.value.code_configuration;
  return typeof code === 'object' && code !== null && 'code' in code ? String(code.code) : undefined;
}

/** What is gone already need not be deleted. */
function unlessGone(error: unknown): void {
  const isGone =
    error instanceof TritonLocalError && ['ENDPOINT_NOT_FOUND', 'DEPLOYMENT_NOT_FOUND'].includes(error.code);
  if (!isGone) throw error;
}
