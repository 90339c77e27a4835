import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { systemError } from '../base/index.ts';

/** Unix socket addresses hold 104 bytes on macOS and 108 on Linux, including a final zero. */
const MAX_SOCKET_PATH_BYTES = 103;

/** The folder of control sockets whose path in the state folder would be too long. */
export interface SocketPlace {
  readonly platform: NodeJS.Platform;
  readonly temporaryDirectory: string;
  /** The user ID, so that users of one machine do not share a folder; undefined on Windows. */
  readonly user: number | undefined;
}

/**
 * The possible addresses of an emulator's control socket, best first: in its own folder if that path is short enough,
 * otherwise in the temporary folder, named by a hash of the folder's path. On Windows it is a named pipe.
 */
export function socketPaths(
  instanceDirectory: string,
  id: string,
  { platform, temporaryDirectory, user }: SocketPlace,
): readonly string[] {
  if (platform === 'win32') return [`\\\\.\\pipe\\triton-local-${id}`];
  const hash = createHash('sha256').update(instanceDirectory).digest('hex').slice(0, 16);
  const folder = `triton-local-${user ?? 'user'}`;
  return [
    path.join(instanceDirectory, 'control.sock'),
    path.join(temporaryDirectory, folder, `${hash}.sock`),
    path.join('/tmp', folder, `${hash}.sock`),
  ].filter((socket) => Buffer.byteLength(socket) <= MAX_SOCKET_PATH_BYTES);
}

/**
 * Chooses the first address whose folder is safe, and creates that folder. File systems without permissions, such as
 * Windows drives in WSL, show every folder as open to all.
 * @throws SOCKET_FOLDER_UNSAFE if none is.
 */
export async function chooseSocketPath(sockets: readonly string[], place: SocketPlace): Promise<string> {
  let failure: unknown;
  for (const socket of sockets) {
    try {
      await makeSocketFolder(socket, place);
      return socket;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/**
 * Creates the folder of a socket for its owner only.
 * @throws SOCKET_FOLDER_UNSAFE if another user created it first and could put a socket of their own there.
 */
export async function makeSocketFolder(socket: string, { platform, user }: SocketPlace): Promise<void> {
  if (platform === 'win32') return;
  const folder = path.dirname(socket);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  const OTHERS = 0o077;
  if (!found.isDirectory() || (user !== undefined && found.uid !== user) || (found.mode & OTHERS) !== 0) {
    throw systemError(
      'SOCKET_FOLDER_UNSAFE',
      `other users can access ${folder}, so no socket is created there`,
      {
        hint: `remove it, or run: chmod 700 '${folder}'`,
      },
    );
  }
}
