import type { Readable } from 'node:stream';
import { pack } from 'tar-fs';

const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;

/**
 * Streams a folder as a tar archive whose entries lie below `prefix`. Links are followed, and every entry belongs to
 * root and can be read by all, whoever owns the files here. A file that shrinks while it is read is an error.
 */
export function tarDirectory(directory: string, prefix: string): Readable {
  return pack(directory, {
    dereference: true,
    // Sockets, pipes and devices are left out.
    strict: false,
    map: (header) => ({
      ...header,
      name: header.name === '.' ? prefix : `${prefix}/${header.name}`,
      mode: header.type === 'directory' ? DIRECTORY_MODE : FILE_MODE,
      uid: 0,
      gid: 0,
    }),
  });
}
