import path from 'node:path';
import type { SourceLocation } from '../../base/index.ts';
import type { JsonObject } from '../../workspace/index.ts';
import type { Document } from '../document.ts';
import { refusal } from '../refusal.ts';
import { readObject } from './read-member.ts';
import { type Fault, isObject } from './rules.ts';
import type { FileSchema } from './schema-data.ts';

/**
 * Reads a file of v2 as azure-ai-ml does before it asks the cloud.
 * @param value the file with the flags laid over it.
 * @param document the file, for the places of faults; undefined where the command line says all.
 * @returns what azure-ai-ml makes of it: what only the cloud gives is gone, choices are in their own case, numbers and
 * booleans are what they are.
 * @throws AZUREML_REFUSED with all faults, one a line, in azure-ai-ml's words, each with its line of the file.
 */
export function checkFile(
  value: JsonObject,
  schemaName: FileSchema,
  document: Document | undefined,
): JsonObject {
  const base = document ? path.dirname(path.resolve(document.file)) : process.cwd();
  const reading = readObject(value, schemaName, base);
  if (reading.faults.length === 0) return isObject(reading.value) ? reading.value : {};
  const faults = distinct(reading.faults);
  const places = faults.map((fault) => document && placeOf(fault, document));
  const told = faults.map(({ path: at, text }) =>
    (at.length === 0 ? text : `${at.join('.')}: ${text}`).trim(),
  );
  const lines = faults.length === 1 ? told : told.map((line, index) => line + inBrackets(places[index]));
  throw refusal(lines.join('\n'), places[0] && { location: places[0] });
}

function inBrackets(place: SourceLocation | undefined): string {
  return place ? ` (${place.file}:${place.line ?? 1})` : '';
}

function distinct(faults: readonly Fault[]): Fault[] {
  const byText = new Map(faults.map((fault) => [JSON.stringify([fault.path, fault.text]), fault]));
  return [...byText.values()];
}

/** The line of the member that is at fault; of the object that lacks it; else the first. */
function placeOf({ path: at }: Fault, document: Document): SourceLocation {
  for (let length = at.length; length > 0; length -= 1) {
    const place = document.locate(...at.slice(0, length));
    if (place.line !== undefined) return place;
  }
  return { file: document.file, line: 1 };
}
