import { statfsSync } from 'node:fs';

/** File systems whose events cover only changes made by this machine, by their Linux magic number. */
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'], // also Windows drives in WSL and folders shared with a virtual machine
  [0x65735546, 'FUSE'], // virtiofs and sshfs too
  [0x7c7c6673, 'Parallels shared'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x786f4256, 'VirtualBox shared'],
]);

/** The kind of network or shared file system that contains a folder; undefined if its events are reliable. */
export function remoteKindOf(
  folder: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform !== 'linux') return undefined;
  try {
    return REMOTE.get(statfsSync(folder).type >>> 0);
  } catch {
    return undefined;
  }
}
