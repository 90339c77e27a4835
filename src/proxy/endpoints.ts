/** TLS material, each as PEM; the system's defaults apply to whatever is missing. */
export interface TlsOptions {
  readonly ca?: Buffer;
  /** Our own certificate and its key, for servers that require one. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface EngineEndpoints {
  /** Base of the KServe v2 HTTP service, e.g. `http://127.0.0.1:8000`; no trailing slash. */
  readonly http: string;
  /** `HOST:PORT` of the gRPC service, if there is one; `grpcs://HOST:PORT` if it uses TLS. */
  readonly grpc?: string;
  /** `HOST:PORT` of the Prometheus metrics, if there are any; a URL if they are not at `/metrics`. */
  readonly metrics?: string;
  /** Sent with every request to any of them, such as the key of a remote server. Never shown. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsOptions;
}
