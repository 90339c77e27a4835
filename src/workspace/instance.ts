/** What an emulator tells about itself once others may talk to it. */
export interface InstanceAnnouncement {
  readonly projectDir: string;
  readonly scoringUri: string;
  /** Base of the engine's HTTP service. */
  readonly httpUrl: string;
  /** `HOST:PORT` of its gRPC service; absent if its port is not open. */
  readonly grpcAddress?: string;
  /** Its metrics; absent if their port is not open. */
  readonly metricsUrl?: string;
  /** The file that keeps its events; null where it keeps none. */
  readonly eventLog: string | null;
}

/** The project that an emulator is started for, and the name that tells it from others of the same project. */
export interface InstanceClaim {
  readonly projectDir: string;
  /** `--id`; null for the one that has no name. */
  readonly name: string | null;
}

/** `instances/<id>/instance.json`: an emulator that runs, as another terminal finds it. */
export interface InstanceRecord extends InstanceAnnouncement {
  readonly id: string;
  /** `--id`; null where the user gave none. */
  readonly name: string | null;
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Path of its control socket, or the name of its pipe on Windows. */
  readonly controlSocket: string;
}

/** The folder of one emulator while it runs; ending removes it with all that was put there. */
export interface Instance extends AsyncDisposable {
  readonly id: string;
  /** For this emulator's own files; nobody else reads or writes there. */
  readonly directory: string;
  readonly controlSocket: string;
  /** Names of shared memory that begin so are removed with the folder. */
  readonly sharedMemoryPrefix: string;
  /** Notes that this emulator uses a file of the state folder, so that `prune` leaves it. */
  uses(file: string): Promise<void>;
  /** Lets others find this emulator; before, it is only known to be there. */
  announce(announcement: InstanceAnnouncement): Promise<void>;
}
