import { describe, expect, it } from 'vitest';
import { JsonDouble, type JsonObject, type JsonSpan, readJson } from '../../../src/kserve/index.ts';

const object = (text: string) => readJson(text) as JsonObject;

describe('readJson', () => {
  it('keeps 64-bit integers exact and distinguishes 1.0 from 1', () => {
    const read = object(
      '{"a":9223372036854775807,"b":18446744073709551615,"c":1,"d":1.0,"e":-0,"f":18446744073709551616}',
    );
    expect(read.get('a')).toBe(9223372036854775807n);
    expect(read.get('b')).toBe(18446744073709551615n);
    expect(read.get('c')).toBe(1);
    expect(read.get('d')).toEqual(new JsonDouble(1));
    expect(Object.is(read.get('e'), 0)).toBe(true);
    expect(read.get('f')).toEqual(new JsonDouble(2 ** 64));
  });

  it('lets the first of equal keys win', () => {
    expect(object('{"a":1,"a":2}').get('a')).toBe(1);
  });

  it('takes bare NaN and infinities', () => {
    const values = object('{"a":[NaN,Inf,-Infinity]}').get('a') as JsonDouble[];
    expect(values.map(({ value }) => value)).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
  });

  it('decodes escapes and UTF-8', () => {
    const text = Buffer.from('{"a":"\\u00fc\\n\\ud83d\\ude00ü"}').toString('latin1');
    expect(object(text).get('a')).toBe('ü\n😀ü');
  });

  it('checks data arrays without building them', () => {
    const text = '{"data": [[1, "]"], [{"x": [2]}], []] }';
    const span = object(text).get('data') as JsonSpan;
    expect(text.slice(span.start, span.end)).toBe('[[1, "]"], [{"x": [2]}], []]');
  });

  it.each([
    ['', 'The document is empty. at 0'],
    ['  ', 'The document is empty. at 2'],
    ['x', 'Invalid value. at 0'],
    ['{}x', 'The document root must not be followed by other values. at 2'],
    ['{"a":1 "b":2}', "Missing a comma or '}' after an object member. at 7"],
    ['{"a" 1}', 'Missing a colon after a name of object member. at 5'],
    ['{a:1}', 'Missing a name for object member. at 1'],
    ['{"a":1,}', 'Missing a name for object member. at 7'],
    ['[1 2]', "Missing a comma or ']' after an array element. at 3"],
    ['[1,]', 'Invalid value. at 3'],
    ['{"data":[1,]}', 'Invalid value. at 11'],
    ['{"data":[1 2]}', "Missing a comma or ']' after an array element. at 11"],
    ['{"data":[[1]', "Missing a comma or ']' after an array element. at 12"],
    ['{"data":[', 'Invalid value. at 9'],
    ['{"data":[1.]}', 'Miss fraction part in number. at 11'],
    ['[1e]', 'Miss exponent in number. at 3'],
    ['[1e999]', 'Number too big to be stored in double. at 1'],
    ['["a', 'Missing a closing quotation mark in string. at 3'],
    ['["\\q"]', 'Invalid escape character in string. at 2'],
    ['["\\u12x4"]', 'Incorrect hex digit after \\u escape in string. at 2'],
    ['["\\ud800"]', 'The surrogate pair in string is invalid. at 2'],
    ['[tru]', 'Invalid value. at 4'],
  ])('reports what is wrong with %j', (text, problem) => {
    expect(() => readJson(text)).toThrow(`failed to parse the request JSON buffer: ${problem}`);
  });

  it('refuses documents of absurd depth without running out of stack', () => {
    expect(() => readJson('['.repeat(1_000_000))).toThrow(/failed to parse the request JSON buffer/);
    expect(() => readJson(`{"data":${'['.repeat(1_000_000)}`)).toThrow(/failed to parse/);
  });
});
