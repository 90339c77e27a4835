import type { ServiceHost } from '../azureml/index.ts';
import type { EventSink } from '../events/index.ts';
import type { AzureWorkspace } from '../workspace/index.ts';
import type { ControlPlaneSecrets } from './context.ts';

export interface ControlPlaneOptions {
  /** 0 for any. */
  readonly port: number;
  /** PEM. */
  readonly certificate: { readonly key: string; readonly cert: string };
  readonly secrets: ControlPlaneSecrets;
  readonly workspace: AzureWorkspace;
  readonly host: ServiceHost;
  readonly events: EventSink;
  readonly blobDirectory: string;
}

export interface ControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly origin: string;
  /** Resolves once no operation is in progress. */
  settled(): Promise<void>;
}

/** Listens on loopback only. @throws PORT_TAKEN, PORT_REFUSED */
export async function startControlPlane(_options: ControlPlaneOptions): Promise<ControlPlane> {
  throw new Error('not there yet');
}
