// Ui: renderings of events and results: Ink screen, plain lines, JSON. The only room that writes to stdout and stderr.
// It knows facts and terminals; it refuses to act but through Control.
export type { Renderer, RendererOptions } from './renderer.ts';
