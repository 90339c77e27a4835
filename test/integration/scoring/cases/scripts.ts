import { requestText } from '../../../unit/scoring/raw-http.ts';
import { ALLOWED, type Allowance } from './allowed.ts';
import { type Case, get, JSON_TYPE, kindsOf, post, table } from './case.ts';

/** Everything that the script returns if the body is its name. */
const byBody = (script: string, differs: Readonly<Record<string, Allowance>> = {}): Case[] =>
  table(
    Object.fromEntries(kindsOf(script).map((kind) => [kind, post('/score', kind, ['x-request-id: A'])])),
    differs,
  );

/** What a plain `run()` may return or raise. */
export const RETURNS: readonly Case[] = [
  ...byBody('returns.py'),
  { name: 'an unknown key', bytes: post('/score', 'nothing') },
];

/** HTTP responses that a plain `run()` may return. */
export const RESPONSES: readonly Case[] = [
  ...byBody('responses.py', {
    'aml length': ALLOWED.trueLength,
    'aml text status': ALLOWED.ownReason,
    'flask ids': ALLOWED.idPlace,
    'flask upgrade': ALLOWED.hopByHop,
    'flask trailer': ALLOWED.hopByHop,
    'flask g': ALLOWED.serversGlobals,
  }),
  ...table(
    {
      'by HEAD': requestText('HEAD', '/score'),
      'by OPTIONS': requestText('OPTIONS', '/score'),
      'by GET': get('/score?a=1'),
      'not UTF-8': post('/score', '\xff'),
      'a form': post('/score', 'a=1', ['Content-Type: application/x-www-form-urlencoded']),
      'by PUT': requestText('PUT', '/score', [], 'aml'),
      'streamed in HTTP/1.0': 'POST /score HTTP/1.0\r\nContent-Length: 15\r\n\r\nflask generator',
      'ids beside those of the script': post('/score', 'flask ids', [
        'x-ms-client-request-id: C',
        'TraceId: T',
      ]),
    },
    { 'ids beside those of the script': ALLOWED.idPlace },
  ),
];

const raw = (kind: string, method = 'GET', extra: readonly string[] = [], body = '') =>
  requestText(method, `/score?kind=${encodeURIComponent(kind)}`, extra, body);
const MULTIPART = [
  '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n',
  '--x\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\nContent-Type: text/plain\r\n\r\nfile\r\n--x--\r\n',
].join('');

/** What a `@rawhttp` script sees. */
export const RAW: readonly Case[] = [
  ...kindsOf('raw.py').flatMap((kind) => [
    { name: `${kind} by GET`, bytes: raw(kind) },
    { name: `${kind} by POST`, bytes: raw(kind, 'POST', [JSON_TYPE], '{"a": [1]}') },
  ]),
  ...['echo', '204', '503', 'raise', 'none', 'generator', 'bytes'].flatMap((kind) => [
    { name: `${kind} by HEAD`, bytes: raw(kind, 'HEAD') },
    { name: `${kind} by OPTIONS`, bytes: raw(kind, 'OPTIONS') },
  ]),
  ...table(
    {
      'no query': get('/score'),
      'by PUT': raw('echo', 'PUT', [], 'x'),
      'repeated fields': raw('echo', 'POST', ['X-A: 1', 'X-A: 2', 'x_b: 3', 'X-Mixed-CASE: m'], 'a\xffb'),
      'fields beyond ASCII': raw('echo', 'GET', ['X-A: \xe9\xff']),
      'all ids': raw('echo', 'GET', [
        'x-request-id: A',
        'x-ms-request-id: B',
        'x-ms-client-request-id: C',
        'TraceId: T',
      ]),
      'over slashes': requestText('POST', '///score?kind=echo', [], '{}'),
      'an encoded path': get('/%73core?kind=url&a=%20'),
      'an absolute target': get('http://elsewhere/score?kind=url'),
      'a body of bytes': raw('data', 'POST', ['Content-Type: application/octet-stream'], '\x00\xff\x01'),
      'gzip, as it is': raw('data', 'POST', ['Content-Encoding: gzip'], '\x1f\x8b'),
      'a form': raw('form', 'POST', ['Content-Type: application/x-www-form-urlencoded'], 'a=1&b=2&a=3&c'),
      'a form that is not UTF-8': raw(
        'form',
        'POST',
        ['Content-Type: application/x-www-form-urlencoded'],
        'a=\xff&b=%ff',
      ),
      'a multipart form': raw('form', 'POST', ['Content-Type: multipart/form-data; boundary=x'], MULTIPART),
      'a cut multipart form': raw(
        'form',
        'POST',
        ['Content-Type: multipart/form-data; boundary=x'],
        MULTIPART.slice(0, 60),
      ),
      'data of a form': raw('data', 'POST', ['Content-Type: application/x-www-form-urlencoded'], 'a=1'),
      'json without type': raw('json', 'POST', [], '{"a": 1}'),
      'json that is none': raw('json', 'POST', [JSON_TYPE], '{'),
      'json, empty': raw('json', 'POST', [JSON_TYPE, 'Content-Length: 0']),
      'silent json that is none': raw('silent json', 'POST', [JSON_TYPE], '{'),
      cookies: raw('cookies', 'GET', ['Cookie: a=1; b="x y"; c', 'Cookie: d=4']),
      'basic authorization': raw('auth', 'GET', ['Authorization: Basic dTpw']),
      'a bearer': raw('auth', 'GET', ['Authorization: Bearer k']),
      accepted: raw('accept', 'GET', [
        'Accept: text/html;q=0.5, application/json',
        'Accept-Language: de, en;q=0.5',
      ]),
      'a chunked body': `${raw('echo', 'POST', ['Transfer-Encoding: chunked'])}2\r\n{}\r\n0\r\n\r\n`,
      'the environment of a chunked body': `${raw('environ', 'POST', ['Transfer-Encoding: chunked'])}2\r\n{}\r\n0\r\n\r\n`,
      'a chunked body with a trailer': `${raw('echo', 'POST', ['Transfer-Encoding: chunked'])}2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n`,
      'an expectation': raw('environ', 'POST', ['Expect: 100-continue'], '{}'),
      'HTTP/1.0': 'GET /score?kind=environ HTTP/1.0\r\n\r\n',
      'a type with parameters': raw('type', 'POST', ['Content-Type: Text/Plain; Charset="UTF-8"; a=b'], 'x'),
      'forwarded by https': raw('is', 'GET', ['X-Forwarded-Proto: https']),
      'a WebSocket': get('/score?kind=echo', ['Upgrade: websocket']).replace('close', 'Upgrade'),
      'connection fields': raw('echo', 'GET', [
        'Keep-Alive: 5',
        'Te: trailers',
        'Proxy-Authorization: x',
        'Upgrade: h2c',
      ]),
    },
    { 'HTTP/1.0': ALLOWED.newerProtocol },
  ),
];

const json = (body: string, extra: readonly string[] = [JSON_TYPE]) => post('/score', body, extra);

/** Input of a script with `@input_schema`. */
export const SCHEMA: readonly Case[] = table({
  both: json('{"data": [[1, 2]], "scale": 3.0}'),
  'a default': json('{"data": [[1, 2]]}'),
  'an extra key': json('{"data": [[1, 2]], "extra": 1}'),
  'a missing key': json('{"scale": 1.0}'),
  'a null': json('{"data": null}'),
  'a key twice': json('{"data": [[1]], "data": [[2]]}'),
  'a wrong type': json('{"data": "text"}'),
  'a ragged array': json('{"data": [[1], [2, 3]]}'),
  'an empty array': json('{"data": []}'),
  'a float array': json('{"data": [[1.7]]}'),
  'a wrong scale': json('{"data": [[1]], "scale": "x"}'),
  'an integer scale': json('{"data": [[1]], "scale": 2}'),
  'a list': json('[1]'),
  'a string': json('"data"'),
  'a number': json('5'),
  null: json('null'),
  'an empty object': json('{}'),
  'bad JSON': json('{"data": '),
  'no JSON': json('data'),
  'single quotes': json("{'data': 1}"),
  'a trailing comma': json('{"data": [[1]],}'),
  'extra data': json('{"data": [[1]]} x'),
  NaN: json('{"data": [[1]], "scale": NaN}'),
  'a control character': json('{"data": "a\nb"}'),
  'a byte order mark': json('\xef\xbb\xbf{"data": [[1]]}'),
  'not UTF-8': json('{"data": "\xff"}'),
  'UTF-16': json('{\x00}\x00'),
  'UTF-16 with a mark': json('\xff\xfe{\x00}\x00'),
  'deep nesting': json(`{"data": ${'['.repeat(3000)}${']'.repeat(3000)}}`),
  'a huge number': json(`{"data": [[1]], "scale": 1${'0'.repeat(400)}}`),
  empty: json(''),
  spaces: json('  '),
  'no type': json('{"data": [[1]]}', []),
  'an empty type': json('{"data": [[1]]}', ['Content-Type: ']),
  'text/plain': json('{"data": [[1]]}', ['Content-Type: text/plain']),
  'text/json': json('{"data": [[1]]}', ['Content-Type: text/json']),
  'a form': json('data=1', ['Content-Type: application/x-www-form-urlencoded']),
  'with a charset': json('{"data": [[1]]}', [`${JSON_TYPE}; charset=utf-8`]),
  'in capitals': json('{"data": [[1]]}', ['Content-Type: APPLICATION/JSON']),
  'a JSON subtype': json('{"data": [[1]]}', ['Content-Type: application/vnd.x+json']),
  'a JSON subtype of text': json('{"data": [[1]]}', ['Content-Type: text/x+json']),
  'two types': json('{"data": [[1]]}', ['Content-Type: application/json, text/plain']),
  'a broken type': json('{"data": [[1]]}', ['Content-Type: application/json;']),
  'GET with both': get('/score?data=[[1,2]]&scale=4.0'),
  'GET with one': get('/score?data=[[1,2]]'),
  'GET with text': get('/score?data=abc'),
  'GET twice': get('/score?data=[1]&data=[2]'),
  'GET without': get('/score'),
  HEAD: requestText('HEAD', '/score'),
  OPTIONS: requestText('OPTIONS', '/score'),
  PUT: requestText('PUT', '/score', [JSON_TYPE], '{}'),
  'all ids': json('{"data": [[1]]}', [
    JSON_TYPE,
    'x-request-id: A',
    'x-ms-client-request-id: C',
    'TraceId: T',
  ]),
  chunked: `${requestText('POST', '/score', [JSON_TYPE, 'Transfer-Encoding: chunked'])}10\r\n{"data": [[1,2]]\r\n1\r\n}\r\n0\r\n\r\n`,
});

const NESTED = '{"numbers": [1], "matrix": [[1.0]], "name": "y"}';
const typed = (change: string) =>
  json(
    `{"strict": [1, 2, 3], "nested": ${NESTED}, "table": [[1, 2.5]], "flag": true, "when": "2020-01-02"${change}}`,
  );

export const SCHEMA_TYPES: readonly Case[] = table({
  all: typed(''),
  'another shape': typed(', "strict": [1, 2]'),
  'a wrong date': typed(', "when": "yesterday"'),
  'a wrong flag': typed(', "flag": "yes"'),
  'a wrong nested': typed(', "nested": {"numbers": "x"}'),
  'a nested that is no object': typed(', "nested": [1]'),
  'a wrong table': typed(', "table": [[1]]'),
  'an empty table': typed(', "table": []'),
  'missing keys': json('{"strict": [1, 2, 3]}'),
  'with a header': json(
    `{"strict": [1, 2, 3], "nested": ${NESTED}, "table": [], "flag": false, "when": "2020-01-02"}`,
    [JSON_TYPE, 'X-One: 1'],
  ),
});

/** Parameters by name. */
export const HEADERS: readonly Case[] = table({
  none: post('/score', 'x'),
  some: post('/score', 'x', ['X-One: 1', 'x-two: 2', 'X-ONE: 3', 'x_three: 3', 'Accept: */*']),
  'by GET': get('/score?a=1', ['X-One: 1']),
  'beyond ASCII': post('/score', 'x', ['X-One: \xe9']),
  'with types': post('/score', '{}', [JSON_TYPE, 'Content-Encoding: x']),
  'by OPTIONS': requestText('OPTIONS', '/score', ['X-One: 1']),
  chunked: `${requestText('POST', '/score', ['Transfer-Encoding: chunked'])}1\r\nx\r\n0\r\n\r\n`,
  cookies: post('/score', 'x', ['Cookie: a=1', 'Cookie: b=2']),
});

export const KEYWORD_ONLY: readonly Case[] = table({
  'a body': post('/score', 'x', ['X-One: 1']),
  empty: post('/score'),
  'by GET': get('/score'),
});

export const TWO_INPUTS: readonly Case[] = table({
  'by POST': post('/score', '{"first": 1, "second": 2}', [JSON_TYPE]),
  'by GET': get('/score?first=1&second=2'),
  'by HEAD': requestText('HEAD', '/score'),
  'by OPTIONS': requestText('OPTIONS', '/score'),
});
