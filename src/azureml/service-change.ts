import path from 'node:path';
import {
  type AzureState,
  type AzureWorkspace,
  idOf,
  type JsonObject,
  type Labels,
  type ServiceRecord,
} from '../workspace/index.ts';
import { bringUp, inTurn } from './deploy.ts';
import { merge, readDeploymentSettings } from './deployment-config.ts';
import { objectIn, textIn } from './document.ts';
import { addProperties } from './labels.ts';
import type { Notify } from './models.ts';
import { refusal } from './refusal.ts';
import { endUnknown, type ServiceHost, stopService } from './service-host.ts';
import { type DeployRequest, planContent, type ServicePlan } from './service-plan.ts';
import { serviceIn } from './services.ts';

export interface ServiceChange {
  readonly addTags: Labels;
  readonly removeTags: readonly string[];
  readonly addProperties: Labels;
  /** The new models, script with environment, and settings; anything left out stays. */
  readonly request: DeployRequest;
  /** Takes the script from the user's folder instead of the service's copy. */
  readonly freshSource: boolean;
}

/** `az ml service update`: starts the new service beside the one that is serving. Also restarts one that ended. */
export function updateService(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  change: ServiceChange,
  notify: Notify,
  signal: AbortSignal,
): Promise<JsonObject> {
  return inTurn(workspace, name, signal, async () => {
    const state = await workspace.read();
    const service = serviceIn(state, name);
    const plan = await changedPlan(workspace, state, service, change, notify);
    return bringUp(workspace, plan, service, host, notify, signal);
  });
}

async function changedPlan(
  workspace: AzureWorkspace,
  state: AzureState,
  service: ServiceRecord,
  { request, ...change }: ServiceChange,
  notify: Notify,
): Promise<ServicePlan> {
  const { models, inference, environment } = await planContent(workspace, request, notify);
  const given = merge(request.deploymentConfig?.value ?? {}, request.deploymentFlags);
  const config = merge(service.deploymentConfig, given);
  const target = request.computeTarget ?? service.computeName ?? undefined;
  const { settings } = readDeploymentSettings(undefined, config, target);
  checkTarget(service, settings, request.computeTarget);
  const tags = Object.entries({ ...service.tags, ...change.addTags });
  return {
    name: service.name,
    models: models.length > 0 ? models : state.models.filter((it) => service.modelIds.includes(idOf(it))),
    inference: inference ?? keptInference(workspace, service, change.freshSource),
    environment: environment ?? objectIn(service.inferenceConfig ?? {}, 'environment'),
    settings,
    description: request.description ?? service.description,
    tags: Object.fromEntries(tags.filter(([key]) => !change.removeTags.includes(key))),
    properties: addProperties(service.properties, change.addProperties),
  };
}

/** @throws AZUREML_REFUSED for another cluster or compute type: an update cannot move a service. */
function checkTarget(
  service: ServiceRecord,
  settings: ServicePlan['settings'],
  asked: string | undefined,
): void {
  const { computeType, computeName } = service;
  const isSame = settings.computeType === computeType && (asked ?? computeName) === computeName;
  if (isSame) return;
  const shown = [computeType, ...(computeName === null ? [] : [computeName])].join(' ');
  throw refusal(`service ${service.name} runs on ${shown}: an update cannot move it`, {
    hint: 'deploy it there with --overwrite',
  });
}

/** The deployed script from the service's copy; from the user's folder if the service never ran. */
function keptInference(
  workspace: AzureWorkspace,
  service: ServiceRecord,
  fresh: boolean,
): ServicePlan['inference'] {
  const { inferenceConfig, name, revision, running } = service;
  const entryName = textIn(inferenceConfig ?? undefined, 'entryScript');
  const scriptFile = textIn(inferenceConfig ?? undefined, 'scriptFile');
  if (entryName === undefined || scriptFile === undefined) return undefined;
  const original = textIn(inferenceConfig ?? undefined, 'sourceDirectory');
  const root = path.join(workspace.serviceDirectory(name, revision), 'app');
  const copied = original && path.join(root, path.basename(original));
  const from =
    running && !fresh ? { script: path.join(copied ?? root, entryName), directory: copied } : undefined;
  return {
    entryName,
    entryScript: from?.script ?? scriptFile,
    sourceDirectory: from ? from.directory : original,
    environment: undefined,
    description: undefined,
  };
}

/** `az ml service delete`: stops it and removes its files. @throws SERVICE_NOT_FOUND */
export function deleteService(
  workspace: AzureWorkspace,
  host: ServiceHost,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  return inTurn(workspace, name, signal, async () => {
    const { running } = serviceIn(await workspace.read(), name);
    if (running) await stopService(host, running.pid);
    await endUnknown(host, workspace.serviceDirectory(name), undefined);
    await workspace.changeService(name, () => undefined);
    await workspace.removeServiceFiles(name);
  });
}
