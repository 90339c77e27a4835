// Control: the contract by which a terminal talks to a running emulator, in process or over a local socket.
// It knows messages; it refuses to know what they do.
export { connectControl, type RemoteControl } from './client.ts';
export type { Control } from './contract.ts';
export { serveControl } from './server.ts';
