// Events: the vocabulary of what happened, the bus that delivers it, and bounded stores that fold events into state and
// recent log lines. It knows facts; it refuses to know how they are shown.

export { findBlockers } from './blockers.ts';
export { deliver, EventBus } from './bus.ts';
export type {
  AnswerDifference,
  Blocker,
  EmulatorEvent,
  EngineKind,
  EventBody,
  EventOf,
  EventSink,
  EventType,
  Failure,
  LogLevel,
  LogSource,
  ModelState,
  ReloadAction,
  ReloadTimings,
  WatchMode,
} from './event.ts';
export { EventHistory, type HistoryLimits } from './event-history.ts';
export { EventLog, readEventLog } from './event-log.ts';
export { LogParser, levelOf, type ParsedLine } from './log-formats.ts';
export { type LogEntry, type LogLimits, LogStore } from './log-store.ts';
export { compareNaturally } from './natural-order.ts';
export { findFailure, withNewestFailure } from './newest-failure.ts';
export { asServedBy, describePull, reduce, waitsForImage } from './reduce.ts';
export { type InferenceTimes, RequestHistory, type RequestRecord } from './request-history.ts';
export { RequestMeter } from './request-meter.ts';
export { type RequestEntry, type RequestFigures, RequestStore } from './request-store.ts';
export {
  type EmulatorState,
  type EngineStatus,
  initialState,
  type ModelStatistics,
  type ModelStatus,
  type ReloadFailure,
  type ReloadStatus,
  type ReplayStatus,
  type WatchStatus,
  type WorkerStatus,
} from './state.ts';
export { type EventSource, StateStore } from './state-store.ts';
export { beginsTraceback, endsTraceback, TracebackGrouper } from './traceback.ts';
