/** The state of a long-running operation, as the SDK reads it. */
export type OperationStatus = 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';

/** A long-running operation on one resource. */
export interface Operation {
  readonly id: string;
  /** The path of the resource in the workspace: `onlineEndpoints/NAME[/deployments/NAME]`. */
  readonly resource: string;
  readonly kind: 'create' | 'delete' | 'regenerateKeys';
  readonly status: OperationStatus;
  /** The reason of a failure: all that the user sees. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The long-running operations of a workspace, kept on disk. */
export interface Operations {
  find(id: string): Operation | undefined;
  /** The operations in progress, oldest first. */
  inProgress(): readonly Operation[];
}
