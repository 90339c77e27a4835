import { formatAddress, reachableHost } from './addresses.ts';
import { messageOf, TritonLocalError } from './errors.ts';

/** A port that a server can do without. A port in use fails the start only if the user chose it. */
export interface SidePort {
  /** 0 takes any free port. */
  readonly port: number;
  readonly isChosen: boolean;
}

export interface SideService {
  /** What the port is for, as messages name it, such as `Triton gRPC`. */
  readonly title: string;
  /** The flag that chooses another port. */
  readonly flag: string;
}

export interface SideListener {
  /** Resolves with the real port. @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number>;
}

/**
 * Opens a listener on a side port.
 * @param warn receives the reason if the port cannot be opened and the user did not choose it
 * @returns its address, `HOST:PORT`; undefined if it is not open
 * @throws PORT_TAKEN, PORT_REFUSED for a port that the user chose
 */
export async function openSidePort(
  listener: SideListener,
  { title, flag }: SideService,
  host: string,
  { port, isChosen }: SidePort,
  warn: (text: string) => void,
): Promise<string | undefined> {
  try {
    return formatAddress(reachableHost(host), await listener.listen(host, port, title));
  } catch (error) {
    if (isChosen || !(error instanceof TritonLocalError)) throw error;
    warn(`${title} is not offered: ${messageOf(error)}; choose another port with ${flag}`);
    return undefined;
  }
}
