// Console: everything under `/_triton-local/` on the scoring port, as one fastify application that the first such
// request loads. It knows the state of the emulator; it refuses to know Azure's or Triton's protocol, and changes
// nothing.
export { type ConsoleSource, createConsole } from './console.ts';
