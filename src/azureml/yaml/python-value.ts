/** A value as Python's `repr` shows it, for texts that azure-ai-ml makes from what a file has. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const members = Object.entries(value).map(([name, member]) => `${pythonRepr(name)}: ${pythonRepr(member)}`);
  return `{${members.join(', ')}}`;
}

function pythonText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return quote + escaped + quote;
}

/** The name of the class that Python has for what a file has. */
export function pythonClass(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (value instanceof Date) return 'datetime.date';
  if (value === null || value === undefined) return 'NoneType';
  return typeof value === 'object' ? 'dict' : typeof value;
}

/** What Python's `int()` makes of it; fractions are cut off, and underscores stand between digits. */
export function pythonInteger(value: unknown): number | 'too large' | undefined {
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return undefined;
    return Number.isFinite(value) ? Math.trunc(value) : 'too large';
  }
  if (typeof value !== 'string' || !/^\s*[-+]?\d+(?:_\d+)*\s*$/.test(value)) return undefined;
  return Number(value.replaceAll('_', ''));
}

/** What Python's `float()` makes of it. */
export function pythonFloat(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const text = value.trim().toLowerCase();
  const special = /^([-+]?)(?:(nan)|inf(?:inity)?)$/.exec(text);
  if (special) return special[2] ? Number.NaN : Number(`${special[1]}Infinity`);
  if (!/^[-+]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+)?$/.test(text))
    return undefined;
  return Number(text.replaceAll('_', ''));
}
