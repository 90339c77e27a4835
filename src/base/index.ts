// Base: the few tools that every room needs. It knows errors, lifetimes, time, lines, files and ports;
// it refuses to know anything of machine learning, Azure or Docker.
export { formatAddress, formatHost, isLoopback, isWildcard, reachableHost } from './addresses.ts';
export { type Clock, systemClock } from './clock.ts';
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
export { withFileLock } from './file-lock.ts';
export { entryKind, hashFile, isInside, writeFileAtomic } from './files.ts';
export { collectSoon } from './garbage.ts';
export { Lifetime, within } from './lifetime.ts';
export { LineSplitter, MAX_LINE_CHARACTERS } from './lines.ts';
export { Mutex } from './mutex.ts';
export { ownValue } from './own-value.ts';
export { findPortHolder, listen, listenError, type PortHolder } from './ports.ts';
export { requestMemoryLimit } from './request-memory.ts';
export { closestName } from './spelling.ts';
