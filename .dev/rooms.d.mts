export const ROOMS: Readonly<Record<string, object>>;
export function findBreaches(src: string): string[];
