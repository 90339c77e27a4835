import type { SequencePosition } from '../../../kserve/index.ts';
import type { WireCorrelationId } from '../../../python/index.ts';

/** Numbers are 64 bits wide, more than those of JSON. */
export function toWireCorrelationId(id: SequencePosition['id']): WireCorrelationId {
  if (typeof id === 'string') return id;
  return id <= Number.MAX_SAFE_INTEGER ? Number(id) : [String(id)];
}

export function fromWireCorrelationId(id: WireCorrelationId): SequencePosition['id'] {
  return typeof id === 'string' ? id : BigInt(typeof id === 'number' ? id : id[0]);
}
