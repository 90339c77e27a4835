export function findBreaches(src: string): string[];
export function unusedHomes(src: string): string[];
export function withRoomTables(text: string): string;
