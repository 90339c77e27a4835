// Console: everything under `/_triton-local/` on the scoring port, as one fastify application that the first such
// request loads. It knows the state, events and requests of the emulator; it refuses to know Azure's or Triton's
// protocol. What it changes, it changes through `Control`, and only for its own page.
export { createConsole } from './console.ts';
export type { ConsoleActions, ConsoleSource } from './console-source.ts';
