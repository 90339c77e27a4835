// Base: the few tools that every room needs. It knows errors, lifetimes, time, lines, files and ports; it refuses to
// know anything about machine learning, Azure or Docker.
export { formatAddress, formatHost, isLoopback, isWildcard, reachableHost } from './addresses.ts';
export { asciiJson } from './ascii-json.ts';
export { type BearerCheck, createBearerCheck } from './bearer.ts';
export { type Clock, systemClock } from './clock.ts';
export { DrainingServer, type DrainingServerOptions } from './draining-server.ts';
export { ENGINE_KINDS } from './engine-kinds.ts';
export {
  hasErrno,
  messageOf,
  type SourceLocation,
  systemError,
  TritonLocalError,
  type TritonLocalErrorDetails,
  toTritonLocalError,
  userError,
} from './errors.ts';
export { describeLockHolder, isFileLockHeld, withFileLock } from './file-lock.ts';
export {
  entryKind,
  hashFile,
  isInside,
  renameDurably,
  syncFile,
  syncFolder,
  writeFileAtomic,
  writeFileOnce,
} from './files.ts';
export { collectSoon } from './garbage.ts';
export { isHeld, retryWhileHeld } from './held-files.ts';
export { Lifetime, within } from './lifetime.ts';
export { LineSplitter, MAX_LINE_CHARACTERS } from './lines.ts';
export { isLocalSender } from './local-sender.ts';
export { Mutex } from './mutex.ts';
export { ownValue } from './own-value.ts';
export { findPortHolder, listen, listenError, type PortHolder } from './ports.ts';
export {
  ownIdentity,
  type ProcessIdentity,
  type ProcessVerdict,
  parseIdentity,
  verdictOn,
} from './process-identity.ts';
export { killTree } from './process-tree.ts';
export { requestMemoryLimit } from './request-memory.ts';
export { shellWord } from './shell-word.ts';
export { openSidePort, type SideListener, type SidePort, type SideService } from './side-port.ts';
export { closestName } from './spelling.ts';
export { guard, isClosed, write } from './streams.ts';
