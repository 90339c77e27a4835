// Control: how a terminal starts an emulator in a process of its own and talks to a running one, in process or over a
// local socket. It knows messages; it refuses to know what they do.
export { connectControl, type RemoteControl } from './client.ts';
export {
  type Control,
  callVerb,
  createVerbs,
  type ProcessControl,
  type ServiceControl,
  type UseKind,
} from './contract.ts';
export { type DetachedEmulator, type StartedEmulator, startDetached, startReporter } from './detached.ts';
export { serveControl } from './server.ts';
