import { asciiJson } from '../base/index.ts';

/** JSON as Python's `json.dumps` writes it: a space after commas and colons, ASCII only. */
export function pythonJson(value: unknown): string {
  return asciiJson(value, 1).replace(/,\n */g, ', ').replace(/\n */g, '');
}
