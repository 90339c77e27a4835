/** Flags as commander passes them. */
export type Flags = Readonly<Record<string, unknown>>;
