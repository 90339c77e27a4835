import type { GrpcCase } from './case.ts';
import { CONTROL_CASES } from './control.ts';
import { CORE_CASES } from './core.ts';
import { FRAMING_CASES } from './framing.ts';
import { LOOKUP_CASES } from './lookup.ts';
import { PARAMETER_CASES } from './parameters.ts';
import { SETTINGS_CASES } from './settings.ts';
import { SHARED_MEMORY_CASES } from './shared-memory.ts';
import { VALUE_CASES } from './values.ts';

/** What both servers are asked over gRPC, by topic; control comes last, since it changes what is loaded. */
export const TOPICS: readonly (readonly [topic: string, cases: readonly GrpcCase[]])[] = [
  ['Methods, lookup', LOOKUP_CASES],
  ['Frames, compression, header fields', FRAMING_CASES],
  ['Tensors of all datatypes', VALUE_CASES],
  ["The checks of Triton's core", CORE_CASES],
  ['Parameters, classification', PARAMETER_CASES],
  ['Logging and trace settings', SETTINGS_CASES],
  ['Shared memory', SHARED_MEMORY_CASES],
  ['Index, load, unload, statistics', CONTROL_CASES],
];
