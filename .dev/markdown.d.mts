export function headingsOf(
  text: string,
): readonly { readonly level: number; readonly title: string; readonly anchor: string }[];
export function anchorsOf(text: string): readonly string[];
export function linksOf(text: string): readonly string[];
export function blocksOf(
  text: string,
  language: string,
): readonly { readonly line: number; readonly text: string; readonly notRun?: string }[];
export function withContents(text: string): string;
