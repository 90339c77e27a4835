import { stat } from 'node:fs/promises';
import { type BearerCheck, createBearerCheck } from '../../base/index.ts';
import {
  type AzureWorkspace,
  type DeploymentRecord,
  ENDPOINTS,
  type EndpointRecord,
  type ServiceKeys,
  serviceKeys,
} from '../../workspace/index.ts';

/** What the proxy goes by for one request. */
export interface EndpointView {
  readonly endpoint: EndpointRecord;
  /** Those that run. */
  readonly deployments: readonly DeploymentRecord[];
  /** Whether an `Authorization` field carries one of the endpoint's keys or its token. */
  readonly isAllowed: BearerCheck;
}

/**
 * The endpoint as the workspace has it now. Its files are replaced as a whole, so that looking at them for each request
 * is enough to see every change at once, and cheap while there is none.
 */
export class EndpointViewSource {
  readonly #workspace: AzureWorkspace;
  readonly #name: string;
  readonly #keyFile: string;
  #stamp = '';
  #view: EndpointView | undefined;

  constructor(workspace: AzureWorkspace, name: string) {
    this.#workspace = workspace;
    this.#name = name;
    this.#keyFile = workspace.keyFile(ENDPOINTS + name);
  }

  /** Undefined once the endpoint has been deleted. */
  async current(): Promise<EndpointView | undefined> {
    const stamps = await Promise.all([this.#workspace.file, this.#keyFile].map(stampOf));
    const stamp = stamps.join();
    if (stamp === this.#stamp) return this.#view;
    const endpoint = (await this.#workspace.read()).endpoints.find((it) => it.name === this.#name);
    this.#view = endpoint && viewOf(endpoint, await serviceKeys(this.#keyFile));
    this.#stamp = stamp;
    return this.#view;
  }
}

async function stampOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found ? `${found.ino}:${found.mtimeNs}:${found.size}` : '';
}

function viewOf(endpoint: EndpointRecord, keys: ServiceKeys): EndpointView {
  return {
    endpoint,
    deployments: endpoint.deployments.filter((deployment) => deployment.running),
    isAllowed: createBearerCheck(Object.values(keys)),
  };
}
