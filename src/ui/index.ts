// Ui: renderings of events and results: Ink screen, plain lines, JSON. Only it and `cli` write to stdout and stderr.
// It knows events and terminals, and acts only through Control.
export { askYesNo } from './ask.ts';
export { type ErrorFormat, type ErrorJson, errorToJson, formatError } from './errors.ts';
export { formatAddresses, formatBlockers } from './format.ts';
export { type JsonOptions, startJson } from './json.ts';
export { type PlainOptions, startPlain } from './plain.ts';
export { type PullProgressOptions, showPullProgress } from './pull-progress.ts';
export type { Leaving, Renderer, RendererOptions } from './renderer.ts';
export { type RendererKind, selectUi, type Terminal } from './select-ui.ts';
export { startRenderer, startTui } from './start.ts';
export { formatState } from './status-text.ts';
export { formatTable, type TableOptions } from './table.ts';
