import type { FidelityCase } from './case.ts';
import { CLASSIFICATION_CASES } from './classification.ts';
import { CONTROL_CASES } from './control.ts';
import { CORE_CASES } from './core.ts';
import { ENDPOINT_CASES } from './endpoints.ts';
import { FRAMING_CASES } from './framing.ts';
import { GENERATE_CASES } from './generate.ts';
import { REQUEST_JSON_CASES } from './request-json.ts';
import { SETTINGS_CASES } from './settings.ts';
import { SHARED_MEMORY_CASES } from './shared-memory.ts';
import { VALUE_CASES } from './values.ts';

/** What both servers are asked, by topic; control comes last, since it changes what is loaded. */
export const TOPICS: readonly (readonly [topic: string, cases: readonly FidelityCase[]])[] = [
  ['Paths, methods, lookup', ENDPOINT_CASES],
  ['Lengths, chunks, compression', FRAMING_CASES],
  ['The JSON of a request', REQUEST_JSON_CASES],
  ['Values of all datatypes', VALUE_CASES],
  ["The checks of Triton's core", CORE_CASES],
  ['Classification', CLASSIFICATION_CASES],
  ['generate and generate_stream', GENERATE_CASES],
  ['Logging and trace settings', SETTINGS_CASES],
  ['Shared memory', SHARED_MEMORY_CASES],
  ['Index, load, unload, statistics', CONTROL_CASES],
];
