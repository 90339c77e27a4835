import type { z } from 'zod';
import type * as schema from './schema.ts';

export type EngineKind = z.infer<typeof schema.engineKind>;
export type ModelState = z.infer<typeof schema.modelState>;
export type LogLevel = z.infer<typeof schema.logLevel>;
export type LogSource = z.infer<typeof schema.logSource>;
export type ReloadAction = z.infer<typeof schema.reloadAction>;
export type ReloadTimings = z.infer<typeof schema.reloadTimings>;
export type AnswerDifference = z.infer<typeof schema.answerDifference>;
export type WatchMode = z.infer<typeof schema.watchMode>;
/** What keeps a started emulator from being ready. */
export type Blocker = z.infer<typeof schema.blocker>;
/** An error as data, as in `reload.failed`. */
export type Failure = z.infer<typeof schema.failure>;

/** What a room emits. */
export type EventBody = z.infer<typeof schema.eventBody>;
export type EventType = EventBody['type'];
/** What the bus delivers: the body with its sequence number and time. */
export type EmulatorEvent = EventBody & { readonly v: 1; readonly seq: number; readonly time: string };
export type EventOf<Type extends EventType> = Extract<EmulatorEvent, { type: Type }>;

/** The side of the bus that rooms get: they emit and never listen. */
export interface EventSink {
  emit(body: EventBody): void;
}
