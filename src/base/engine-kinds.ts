/** The engines by name, in the order in which help and schemas list them. Each has a row in `engines/table.ts`. */
export const ENGINE_KINDS = ['docker', 'native', 'embedded', 'external'] as const;
