import { closestName, ownValue } from '../base/index.ts';
import type { JsonObject } from '../workspace/index.ts';
import type { Document } from './document.ts';
import { objectIn } from './document.ts';
import { refusal } from './refusal.ts';

/** What a member of a configuration file must be; an object names its own members. */
export type Shape = 'text' | 'number' | 'boolean' | 'any' | { readonly [name: string]: Shape };

/**
 * Compares a file with what Azure ML reads from it.
 * @returns what it holds beyond that, one sentence each: Azure ML passes over it in silence.
 * @throws AZUREML_REFUSED with the line of a member of the wrong type.
 */
export function checkShape(document: Document, shape: { readonly [name: string]: Shape }): string[] {
  const unknown: string[] = [];
  const walk = (value: JsonObject, members: { readonly [name: string]: Shape }, path: readonly string[]) => {
    for (const [name, member] of Object.entries(value)) {
      const at = [...path, name];
      const wanted = ownValue(members, name);
      if (wanted === undefined) {
        const meant = closestName(name, Object.keys(members));
        const { file, line } = document.locate(...at);
        const place = line === undefined ? file : `${file}:${line}`;
        unknown.push(
          `${place}: "${at.join('.')}" is not read by Azure ML${meant === undefined ? '' : `; is "${meant}" meant?`}`,
        );
      } else if (member !== null && !fits(member, wanted)) {
        throw refusal(`${at.join('.')} must be ${describe(wanted)}, not ${JSON.stringify(member)}`, {
          location: document.locate(...at),
        });
      } else if (typeof wanted === 'object') {
        walk(objectIn(value, name) ?? {}, wanted, at);
      }
    }
  };
  walk(document.value, shape, []);
  return unknown;
}

function fits(member: unknown, wanted: Shape): boolean {
  if (wanted === 'any') return true;
  if (wanted === 'text') return typeof member === 'string';
  if (typeof wanted === 'string') return typeof member === wanted;
  return typeof member === 'object' && !Array.isArray(member);
}

function describe(wanted: Shape): string {
  if (typeof wanted === 'object') return 'an object';
  return { text: 'a text', number: 'a number', boolean: 'true or false', any: 'anything' }[wanted];
}
