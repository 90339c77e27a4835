/** The programs that run in the background. */
export const INSTANCE_KINDS = ['emulator', 'endpoint', 'control-plane'] as const;

export type InstanceKind = (typeof INSTANCE_KINDS)[number];

/** What an emulator, or another of these programs, announces once others may connect to it. */
export interface InstanceAnnouncement {
  readonly kind: InstanceKind;
  readonly projectDir: string;
  /** Its own address, for an endpoint and the control plane. */
  readonly scoringUri: string;
  /** Base of the engine's HTTP service; empty if there is none. */
  readonly httpUrl: string;
  /** `HOST:PORT` of its gRPC service; absent if its port is not open. */
  readonly grpcAddress?: string;
  /** Its metrics; absent if their port is not open. */
  readonly metricsUrl?: string;
  /** The file with its events; null if it records none. */
  readonly eventLog: string | null;
}

/** The project that an emulator is started for, and the name that distinguishes it from others of that project. */
export interface InstanceClaim {
  readonly projectDir: string;
  /** `--id`; null for the unnamed emulator. */
  readonly name: string | null;
}

/** `instances/<id>/instance.json`: a running emulator, as other terminals find it. */
export interface InstanceRecord extends InstanceAnnouncement {
  readonly id: string;
  /** `--id`; null if the user gave none. */
  readonly name: string | null;
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Path of its control socket; on Windows, the name of its pipe. */
  readonly controlSocket: string;
}

/** The folder of one running emulator; disposing removes it with its content. */
export interface Instance extends AsyncDisposable {
  readonly id: string;
  /** For this emulator's own files; no other process uses it. */
  readonly directory: string;
  readonly controlSocket: string;
  /** Shared memory whose name has this prefix is removed with the folder. */
  readonly sharedMemoryPrefix: string;
  /** Records that this emulator uses a file of the state folder, so that `prune` keeps it. */
  uses(file: string): Promise<void>;
  /** Lets others find this emulator; until then, they only know that it exists. */
  announce(announcement: InstanceAnnouncement): Promise<void>;
}
