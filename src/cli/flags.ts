/** Flags as commander hands them over. */
export type Flags = Readonly<Record<string, unknown>>;
