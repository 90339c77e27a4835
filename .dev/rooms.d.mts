export const ROOMS: Readonly<Record<string, object>>;
export function findBreaches(src: string): string[];
export function unusedHomes(src: string): string[];
export function withRoomTables(text: string): string;
