import { expect, it } from 'vitest';
import { createBearerCheck } from '../../../src/base/index.ts';

/** A field as Node hands it out: the bytes of UTF-8, one character each. */
const asSent = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const isAllowed = createBearerCheck(['plain', 'schlüssel-à', '鍵', 'two words']);

it.each([
  'Bearer plain',
  'bearer   plain',
  'BEARER schlüssel-à',
  'Bearer 鍵',
  'Bearer two words',
  'Bearer plain \t',
])('lets %j in', (field) => expect(isAllowed(asSent(field))).toBe(true));

it.each([
  undefined,
  '',
  'Bearer',
  'Bearer ',
  'plain',
  'Basic plain',
  'Bearer Plain',
  'Bearer plainx',
  'Bearer schlussel-a',
])('refuses %j', (field) => expect(isAllowed(field && asSent(field))).toBe(false));

it('refuses every request if there is no key', () => {
  expect(createBearerCheck([])('Bearer ')).toBe(false);
});
