import { stat } from 'node:fs/promises';
import { type BearerCheck, createBearerCheck } from '../../base/index.ts';
import {
  type AzureWorkspace,
  type ControlPlaneSecrets,
  type DeploymentRecord,
  ENDPOINTS,
  type EndpointRecord,
  isValidToken,
  type ServiceKeys,
  serviceKeys,
} from '../../workspace/index.ts';

/** The state of the endpoint that applies to one request. */
export interface EndpointView {
  readonly endpoint: EndpointRecord;
  /** The running ones. */
  readonly deployments: readonly DeploymentRecord[];
  /** Whether an `Authorization` field carries one of the endpoint's keys or its token. */
  readonly isAllowed: BearerCheck;
}

/**
 * The endpoint as the workspace currently records it. The files are replaced as a whole, so checking their stamps for
 * each request shows every change at once and costs little while there is none.
 */
export class EndpointViewSource {
  readonly #workspace: AzureWorkspace;
  readonly #name: string;
  readonly #keyFile: string;
  readonly #tokenKey: string;
  #stamp = '';
  #view: EndpointView | undefined;

  /** @param secrets whose access tokens an endpoint with `aad_token` accepts. */
  constructor(workspace: AzureWorkspace, name: string, secrets: Pick<ControlPlaneSecrets, 'tokenKey'>) {
    this.#workspace = workspace;
    this.#name = name;
    this.#tokenKey = secrets.tokenKey;
    this.#keyFile = workspace.keyFile(ENDPOINTS + name);
  }

  /** Undefined once the endpoint has been deleted. */
  async current(): Promise<EndpointView | undefined> {
    const stamps = await Promise.all([this.#workspace.file, this.#keyFile].map(stampOf));
    const stamp = stamps.join();
    if (stamp === this.#stamp) return this.#view;
    const endpoint = (await this.#workspace.read()).endpoints.find((it) => it.name === this.#name);
    this.#view = endpoint && viewOf(endpoint, await serviceKeys(this.#keyFile), this.#tokenKey);
    this.#stamp = stamp;
    return this.#view;
  }
}

async function stampOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found ? `${found.ino}:${found.mtimeNs}:${found.size}` : '';
}

function viewOf(endpoint: EndpointRecord, keys: ServiceKeys, tokenKey: string): EndpointView {
  const isKey = createBearerCheck(Object.values(keys));
  return {
    endpoint,
    deployments: endpoint.deployments.filter((deployment) => deployment.running),
    isAllowed:
      endpoint.authMode === 'aad_token'
        ? (authorization) => isKey(authorization) || isIssued(authorization, tokenKey)
        : isKey,
  };
}

/** Whether the field carries an access token of the local token service. */
function isIssued(authorization: string | undefined, tokenKey: string): boolean {
  const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  return token !== undefined && isValidToken(token, tokenKey);
}
