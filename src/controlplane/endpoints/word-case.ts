/** ARM's `SystemAssigned` as files of az have it: `system_assigned`. */
export function snakeCase(word: string): string {
  return word.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/** `system_assigned` as ARM has it: `SystemAssigned`. */
export function pascalCase(word: string): string {
  return word.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
