export function releaseChangelog(text: string, version: string, date: string): string;
export function sectionOf(text: string, version: string): string | undefined;
export function isNext(version: string, current: string): boolean;
export function release(
  root: string,
  version: string,
  options: { readonly date: string; readonly check: () => void },
): void;
