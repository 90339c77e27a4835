/** A document of Prometheus' text format, taken apart. */
export interface MetricsDocument {
  /** In the order of the document. */
  readonly families: readonly { readonly name: string; readonly help: string; readonly type: string }[];
  /** Values by the text before them: name and labels. */
  readonly values: ReadonlyMap<string, string>;
}

export function parseMetrics(text: string): MetricsDocument {
  const families: { name: string; help: string; type: string }[] = [];
  const values = new Map<string, string>();
  let help = '';
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    const [, sample, value] = /^([^#].*) (\S+)$/.exec(line) ?? [];
    if (kind === 'HELP') help = rest;
    if (kind === 'TYPE') {
      families.push({ name, help, type: rest });
      help = '';
    }
    if (sample !== undefined && value !== undefined) values.set(sample, value);
  }
  return { families, values };
}
