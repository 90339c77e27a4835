export function referencePages(tables: Readonly<Record<string, unknown>>): Readonly<Record<string, string>>;
