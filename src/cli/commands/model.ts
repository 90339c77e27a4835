import { readFile, writeFile } from 'node:fs/promises';
import {
  archiveAsset,
  createModel,
  deleteModel,
  deployModel,
  downloadModel,
  listModels,
  type ModelReference,
  readYaml,
  registerModel,
  showModel,
  updateModel,
} from '../../azureml/index.ts';
import { messageOf, userError } from '../../base/index.ts';
import { deployRequest, serviceHost } from '../azure/deploy-flags.ts';
import { AzureFlags } from '../azure/flags.ts';
import { notify, printResult } from '../azure/output.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { untilInterrupted } from '../signals.ts';

/** `triton-local model register` */
export async function register(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const path = flags.text('modelPath') ?? flags.text('assetPath');
  if (path === undefined)
    throw userError('CONFIG_INVALID', 'give --model-path, the file or folder of the model');
  const run = await runMetadata(flags.text('runMetadataFile'));
  const resources = flags.resources();
  const model = await registerModel(
    await flags.openWorkspace(),
    {
      name: flags.required('name'),
      path,
      description: flags.text('description') ?? null,
      framework: flags.text('modelFramework') ?? 'Custom',
      frameworkVersion: flags.text('modelFrameworkVersion') ?? null,
      tags: flags.labels('tag'),
      properties: flags.labels('property'),
      runId: flags.text('runId') ?? run.runId,
      experimentName: flags.text('experimentName') ?? run.experimentName,
      sampleInputDatasetId: flags.text('sampleInputDatasetId') ?? null,
      sampleOutputDatasetId: flags.text('sampleOutputDatasetId') ?? null,
      resourceConfiguration:
        Object.keys(resources).length === 0 ? null : { cpu: null, memoryInGB: null, gpu: null, ...resources },
    },
    notify,
  );
  const metadataFile = flags.text('outputMetadataFile');
  if (metadataFile !== undefined) {
    const metadata = { modelId: model.id, workspaceName: 'triton-local', resourceGroupName: 'local' };
    await writeFile(metadataFile, `${JSON.stringify(metadata, null, 2)}\n`);
    notify(`Wrote JSON metadata to ${metadataFile}`);
  }
  printResult(model, flags);
  return EXIT.ok;
}

/** `triton-local model create` */
export async function create(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const file = flags.text('file');
  const document = file === undefined ? undefined : await readYaml(file, '--file');
  const members = {
    name: flags.text('name'),
    version: flags.text('version'),
    path: flags.text('path'),
    type: flags.text('type'),
    description: flags.text('description'),
    tags: flags.texts('tags').length > 0 ? flags.labels('tags') : undefined,
  };
  const workspace = await flags.openWorkspace();
  printResult(await createModel(workspace, document, members, flags.texts('set'), notify), flags);
  return EXIT.ok;
}

/** `triton-local model list` */
export async function list(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const filter = {
    name: flags.text('modelName') ?? flags.text('name'),
    tags: flags.texts('tag'),
    properties: flags.texts('property'),
    runId: flags.text('runId'),
    framework: flags.text('modelFramework'),
    latest: flags.yesNo('latest') ?? false,
    view: flags.listView(),
  };
  const found = await listModels(await flags.openWorkspace(), filter);
  printResult(found.slice(0, flags.number('maxResults')), flags);
  return EXIT.ok;
}

/** `triton-local model show` */
export async function show(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  printResult(await showModel(await flags.openWorkspace(), referenceIn(flags)), flags);
  return EXIT.ok;
}

/** The model that the flags of v1 or v2 select. */
function referenceIn(flags: AzureFlags): ModelReference {
  flags.checkLabel();
  return {
    id: flags.text('modelId'),
    name: flags.text('name') ?? flags.text('modelName'),
    version: flags.text('version'),
    runId: flags.text('runId'),
  };
}

/** `triton-local model update` */
export async function update(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const model = await updateModel(await flags.openWorkspace(), referenceIn(flags), {
    set: flags.texts('set'),
    addTags: flags.labels('addTag'),
    removeTags: flags.texts('removeTag'),
    addProperties: flags.labels('addProperty'),
    description: flags.text('description'),
    sampleInputDatasetId: flags.text('sampleInputDatasetId'),
    sampleOutputDatasetId: flags.text('sampleOutputDatasetId'),
    resources: flags.resources(),
  });
  printResult(model, flags);
  return EXIT.ok;
}

/** `triton-local model delete` */
export async function remove(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  await deleteModel(await flags.openWorkspace(), flags.required('modelId'));
  return EXIT.ok;
}

/** `triton-local model download`: prints the path of the copy. */
export async function download(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const overwrite = flags.yesNo('overwrite') ?? false;
  const workspace = await flags.openWorkspace();
  const directory = flags.text('targetDir') ?? flags.text('downloadPath') ?? '.';
  const target = await downloadModel(workspace, referenceIn(flags), directory, overwrite);
  printResult(target, flags);
  return EXIT.ok;
}

/** `triton-local model deploy`: prints the service when it is ready. */
export async function deploy(given: Flags): Promise<number> {
  const flags = new AzureFlags(given);
  const request = await deployRequest(flags, flags.required('name'));
  if (request.models.length === 0 && request.inferenceConfig === undefined) {
    throw userError(
      'AZUREML_REFUSED',
      'Error, need to specify either --model or --model-metadata-file for model(s) to be deployed.',
    );
  }
  const workspace = await flags.openWorkspace();
  return untilInterrupted(async (signal) => {
    printResult(await deployModel(workspace, request, serviceHost(), notify, signal), flags);
  });
}

async function runMetadata(
  file: string | undefined,
): Promise<{ readonly runId: string | null; readonly experimentName: string | null }> {
  if (file === undefined) return { runId: null, experimentName: null };
  try {
    const { runId, experimentName }: Record<string, unknown> = JSON.parse(await readFile(file, 'utf8'));
    const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
    return { runId: textOf(runId), experimentName: textOf(experimentName) };
  } catch (error) {
    throw userError('CONFIG_INVALID', `--run-metadata-file cannot be read: ${messageOf(error)}`, {
      location: { file },
    });
  }
}

/** `triton-local model archive` */
export function archive(given: Flags): Promise<number> {
  return setArchived(given, true);
}

/** `triton-local model restore` */
export function restore(given: Flags): Promise<number> {
  return setArchived(given, false);
}

async function setArchived(given: Flags, archived: boolean): Promise<number> {
  const flags = new AzureFlags(given);
  const workspace = await flags.openWorkspace();
  const name = flags.required('name');
  flags.checkLabel();
  const latest = flags.text('label') && (await showModel(workspace, { name }));
  const version = latest ? String(latest.version) : flags.text('version');
  await archiveAsset(workspace, 'models', name, version, archived);
  return EXIT.ok;
}
