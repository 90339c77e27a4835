// Control: the contract by which a terminal talks to a running emulator, in process or over a local socket.
// It knows messages; it refuses to know what they do.
export type { Control } from './contract.ts';
