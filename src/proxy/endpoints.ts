/** How a TLS connection is made, each as PEM; what is missing is as the system has it. */
export interface TlsOptions {
  readonly ca?: Buffer;
  /** Our own certificate and its key, where the server asks for one. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface EngineEndpoints {
  /** Base of the KServe v2 HTTP service, e.g. `http://127.0.0.1:8000`; no trailing slash. */
  readonly http: string;
  /** `HOST:PORT` of the gRPC service, where there is one; `grpcs://HOST:PORT` where it speaks TLS. */
  readonly grpc?: string;
  /** `HOST:PORT` of the Prometheus metrics, where there are some; a URL where they lie elsewhere than at `/metrics`. */
  readonly metrics?: string;
  /** Sent along with every request to any of them, such as a key of a remote server. Never shown. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsOptions;
}
