/** Fields that Triton's releases added after the one we stand for, by message and name, with the first release. */
const NEWER_FIELDS: ReadonlyMap<string, string> = new Map([
  ['ModelConfig.model_metrics', '24.11'],
  ['ModelEnsembling.max_inflight_requests', '25.11'],
]);

/** The release (year.month, as in the image's tag) that first knows a field which Triton 2.51.0 refuses. */
export function releaseOfField(message: string, field: string): string | undefined {
  return NEWER_FIELDS.get(`${message}.${field}`);
}
