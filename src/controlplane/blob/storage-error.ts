/** A refusal in the shape of Azure Storage: an XML document, and its code as `x-ms-error-code`. */
export class StorageError extends Error {
  readonly status: number;
  /** Such as `BlobNotFound`. */
  readonly code: string;

  /** @param status 4xx: clients send a request again that is answered with 408, 429 or 5xx. */
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'StorageError';
    this.status = status;
    this.code = code;
  }
}

export function blobNotFound(): StorageError {
  return new StorageError(404, 'BlobNotFound', 'The specified blob does not exist.');
}

export function containerNotFound(): StorageError {
  return new StorageError(404, 'ContainerNotFound', 'The specified container does not exist.');
}
