/** What an emulator tells about itself once others may talk to it. */
export interface InstanceAnnouncement {
  readonly projectDir: string;
  readonly scoringUri: string;
  /** Base of the engine's HTTP service. */
  readonly httpUrl: string;
  /** The file that keeps its events, for one that was started without a terminal. */
  readonly eventLog: string | null;
}

/** `instances/<id>/instance.json`: an emulator that runs, as another terminal finds it. */
export interface InstanceRecord extends InstanceAnnouncement {
  readonly id: string;
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
  /** Lets others find this emulator; before, it is only known to be there. */
  announce(announcement: InstanceAnnouncement): Promise<void>;
}
