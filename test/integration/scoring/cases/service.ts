import { requestText } from '../../../unit/scoring/raw-http.ts';
import { ALLOWED } from './allowed.ts';
import { type Case, get, JSON_TYPE, post, table } from './case.ts';

const long = 'A'.repeat(101);
const IDS = ['x-request-id', 'x-ms-request-id', 'x-ms-client-request-id'] as const;

/**
 * The matrix of the three ids (docs/reference/azureml.md#request-ids), on a route that runs the script and on one that
 * does not.
 */
function idCases(): Case[] {
  const cases: Case[] = [];
  for (let sent = 0; sent < 8; sent += 1) {
    const fields = IDS.filter((_id, index) => sent & (1 << index));
    const extra = fields.map((id) => `${id}: ${id.length}-${id}`);
    const name = fields.join(' + ') || 'none';
    cases.push({ name: `ids on /score: ${name}`, bytes: post('/score', '{}', extra) });
    cases.push({ name: `ids on /: ${name}`, bytes: get('/', extra) });
  }
  for (const id of IDS) {
    for (const [what, value] of [
      ['of 100 characters', 'A'.repeat(100)],
      ['of 101 characters', long],
      ['of 100 characters beyond ASCII', '\xc3\xa9'.repeat(50)],
      ['of 102 bytes', '\xc3\xa9'.repeat(51)],
      ['empty', ''],
      ['with spaces', ' a b '],
      ['with a comma', 'a,b'],
      ['with quotes', '"a"'],
    ] as const) {
      cases.push({ name: `${id} ${what} on /score`, bytes: post('/score', '{}', [`${id}: ${value}`]) });
      cases.push({
        name: `${id} ${what} on /swagger.json?version=9`,
        bytes: get('/swagger.json?version=9', [`${id}: ${value}`]),
      });
    }
    cases.push({ name: `${id} twice`, bytes: post('/score', '{}', [`${id}: A`, `${id}: B`]) });
    cases.push({ name: `${id} in capitals`, bytes: post('/score', '{}', [`${id.toUpperCase()}: A`]) });
    cases.push({
      name: `${id} with underscores`,
      bytes: post('/score', '{}', [`${id.replaceAll('-', '_')}: A`]),
    });
  }
  return cases;
}

/** Every method on every route. */
function methodCases(): Case[] {
  const methods = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'];
  return ['/', '/score', '/swagger.json', '/nowhere'].flatMap((path) => [
    ...methods
      .filter((method) => !(method === 'HEAD' && path === '/swagger.json'))
      .map((method) => ({
        name: `${method} ${path}`,
        bytes: requestText(method, path, ['x-request-id: A']),
      })),
    { name: `POST ${path}`, bytes: post(path, '{}', ['x-request-id: A']) },
  ]);
}

const ALL_IDS = ['x-request-id: A', 'x-ms-request-id: B', 'x-ms-client-request-id: C', 'TraceId: T'];

export const SERVICE: readonly Case[] = [
  ...methodCases(),
  ...idCases(),
  ...table(
    {
      'health with a query': get('/?a=1'),
      'health over slashes': get('//'),
      'health with an accepted type': get('/', ['Accept: application/json']),
      'health with all ids': get('/', ALL_IDS),
      'score with all ids': post('/score', '{}', ALL_IDS),
      '404 with all ids': get('/nope', ALL_IDS),
      '405 with all ids': requestText('PUT', '/score', ALL_IDS, '{}'),
      '405 with a long id': requestText('PUT', '/score', [`x-request-id: ${long}`], '{}'),
      'HEAD 405 of the script with ids': requestText('HEAD', '/score', ALL_IDS),
      'OPTIONS with ids': requestText('OPTIONS', '/score', ALL_IDS),
      'empty TraceId': get('/', ['TraceId: ']),
      'TraceId twice': get('/', ['TraceId: A', 'TraceId: B']),
      'TraceId in lower case': get('/', ['traceid: t']),
      'two long ids': get('/', [`x-request-id: ${long}`, `x-ms-request-id: ${long}`]),
      'a long id on a WebSocket': get('/', [`x-request-id: ${long}`, 'Upgrade: websocket']),
      'score by GET': get('/score'),
      'score by GET with a query': get('/score?a=1&b=x&b=[2]'),
      'a query of JSON': get('/score?a={"b":1}&c=null&d=true&e="s"&f=1e3&g=NaN'),
      'a query without values': get('/score?a&b=&=c&&d'),
      'a query of plus and percent': get('/score?a=b+c&d=%20%2B%3D%26&e=%e4%b8%ad'),
      'a query that is not UTF-8': get('/score?a=%ff&%fe=1'),
      'a query with bad escapes': get('/score?a=%zz&b=%2&c=%'),
      'a query with semicolons': get('/score?a=1;b=2'),
      'a query with repeated names': get('/score?a=1&a=2&a=x&a='),
      'a query that is a big number': get('/score?a=123456789012345678901234567890&b=1.50'),
      'a query with brackets': get('/score?a[]=1&a[b]=2'),
      'a query with a fragment': get('/score?a=1%23b'),
      'two question marks': get('/score??a=1?b=2'),
      'a query on POST': post('/score?a=1', '"body"'),
      'score over slashes': post('//score?x=1', '{}'),
      'score over three slashes': get('///score?x=1'),
      'score, encoded': get('/%73core?x=1'),
      'score, encoded slash': get('/%2Fscore'),
      'score, absolute': get('http://localhost/score?z=1'),
      'score, absolute by https': get('https://elsewhere:99/score'),
      'root, absolute without path': get('http://localhost'),
      'score/': get('/score/'),
      'score//': get('/score//'),
      'score/more': get('/score/more'),
      SCORE: get('/SCORE'),
      './score': get('/./score'),
      '../score': get('/../score'),
      'score with a null byte': get('/score%00'),
      'score with a space': get('/score%20'),
      'score with parameters': get('/score;a=1'),
      'an unknown path beyond ASCII': get('/%c3%a9'),
      'an unknown path that is not UTF-8': get('/%ff'),
      'a percent sign in a path': get('/%'),
      v2: get('/v2/health/ready'),
      'a service path': get('/api/v1/service/svc/score'),
      asterisk: requestText('OPTIONS', '*'),
      'a form': post('/score', 'a=1', ['Content-Type: application/x-www-form-urlencoded']),
      'a form with a charset': post('/score', 'a=1', [
        'Content-Type: application/x-www-form-urlencoded; charset=utf-8',
      ]),
      'a form in capitals': post('/score', 'a=1', ['Content-Type: APPLICATION/X-WWW-FORM-URLENCODED']),
      'a form that is not UTF-8': post('/score', 'a=\xff', [
        'Content-Type: application/x-www-form-urlencoded',
      ]),
      'a form that is JSON': post('/score', '{"a": 1}', ['Content-Type: application/x-www-form-urlencoded']),
      'a multipart form': post(
        '/score',
        '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
        ['Content-Type: multipart/form-data; boundary=x'],
      ),
      'a broken multipart form': post('/score', 'nonsense', [
        'Content-Type: multipart/form-data; boundary=x',
      ]),
      'a multipart form without boundary': post('/score', 'nonsense', ['Content-Type: multipart/form-data']),
      'another multipart': post('/score', '--x--', ['Content-Type: multipart/mixed; boundary=x']),
      'no type': post('/score', '{"a": 1}'),
      json: post('/score', '{"a": 1}', [JSON_TYPE]),
      'json with a charset': post('/score', '{}', [`${JSON_TYPE}; charset=latin-1`]),
      text: post('/score', 'h\xc3\xa9', ['Content-Type: text/plain']),
      'an empty type': post('/score', '{}', ['Content-Type: ']),
      'a type that is none': post('/score', '{}', ['Content-Type: ;;;']),
      'a type twice': post('/score', '{}', [JSON_TYPE, JSON_TYPE]),
      'an empty body': post('/score'),
      'an empty body of JSON': post('/score', '', [JSON_TYPE]),
      'a body of spaces': post('/score', '  \n '),
      'a null byte': post('/score', 'a\x00b'),
      'a byte order mark': post('/score', '\xef\xbb\xbf{}'),
      'not UTF-8': post('/score', '\xff'),
      'not UTF-8 further on': post('/score', `${'a'.repeat(3000)}\xc3(`),
      'cut UTF-8': post('/score', 'abc\xe4\xb8'),
      'UTF-16': post('/score', '\xff\xfea\x00'),
      'surrogates in UTF-8': post('/score', '\xed\xa0\x80'),
      'an overlong form': post('/score', '\xc0\x80'),
      'four bytes of UTF-8': post('/score', '\xf0\x9f\x98\x80'),
      'a body of 100 kB': post('/score', 'x'.repeat(100_000)),
      'gzip, as it is': post('/score', '\x1f\x8b\x08\x00', ['Content-Encoding: gzip']),
      'a body with GET': requestText('GET', '/score', [JSON_TYPE], '{"a": 1}'),
      'a body with HEAD': requestText('HEAD', '/score', [], 'abc'),
      'a body with OPTIONS': requestText('OPTIONS', '/score', [], 'abc'),
      'a body with a 404': post('/nope', 'x'.repeat(1000)),
      'a WebSocket': get('/score', ['Upgrade: websocket']).replace('close', 'Upgrade'),
      'a WebSocket on a 404': get('/nope', ['Upgrade: websocket']),
      'another upgrade': get('/score', ['Upgrade: h2c']).replace('close', 'Upgrade'),
      'a range': get('/', ['Range: bytes=0-1']),
      'a conditional': get('/', ['If-None-Match: *', 'If-Modified-Since: Wed, 21 Oct 2026 07:28:00 GMT']),
      'method override': post('/score', '{}', ['X-HTTP-Method-Override: PUT']),
      forwarded: get('/', ['X-Forwarded-Proto: https', 'X-Forwarded-For: 1.2.3.4', 'Forwarded: for=1.2.3.4']),
      'a proxy connection': get('/', ['Proxy-Connection: close']),
      'authorization without need': get('/', ['Authorization: Bearer k']),
    },
    { 'root, absolute without path': ALLOWED.emptyPath },
  ),
];
