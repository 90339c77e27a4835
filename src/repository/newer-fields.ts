/** Fields that Triton added after the release we emulate, by message and name, with their first release. */
const NEWER_FIELDS: ReadonlyMap<string, string> = new Map([
  ['ModelConfig.model_metrics', '24.11'],
  ['ModelEnsembling.max_inflight_requests', '25.11'],
]);

/** The first release (year.month, as in the image's tag) with a field that Triton 2.51.0 refuses. */
export function releaseOfField(message: string, field: string): string | undefined {
  return NEWER_FIELDS.get(`${message}.${field}`);
}
