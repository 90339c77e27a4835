import { systemError } from '../base/index.ts';
import type { EngineChoice } from '../config/index.ts';
import type { EngineKind } from '../events/index.ts';

export interface EngineSelection {
  readonly kind: EngineKind;
  readonly gpu: string | null;
  /** Why this one, in words for the screen. */
  readonly reason: string;
}

/**
 * Chooses what serves the models. This version has the embedded engine alone, and says so.
 * @throws ENGINE_UNAVAILABLE when another one was asked for by name.
 */
export function selectEngine(choice: EngineChoice): EngineSelection {
  if (choice === 'embedded') return { kind: 'embedded', gpu: null, reason: 'chosen by --engine' };
  if (choice === 'auto')
    return { kind: 'embedded', gpu: null, reason: 'the engine of this version; no GPU is used' };
  throw systemError('ENGINE_UNAVAILABLE', `the ${choice} engine is not part of this version`, {
    hint: 'use --engine embedded, or leave the flag out',
  });
}
