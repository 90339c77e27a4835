import { requestText } from '../../../unit/scoring/raw-http.ts';
import { ALLOWED } from './allowed.ts';
import { type Case, get, kindsOf, post, table } from './case.ts';

const A = 'Origin: http://a.example';
const B = 'Origin: https://b.example';
const ask = (method: string, ...headers: string[]) => [
  `Access-Control-Request-Method: ${method}`,
  ...headers,
];

/** Requests of browsers (docs/reference/azureml.md#cors). */
export const CORS: readonly Case[] = table({
  'no origin': post('/score', '{}'),
  'a listed origin': post('/score', '{}', [A]),
  'the other listed origin': post('/score', '{}', [B]),
  'an origin in capitals': post('/score', '{}', ['Origin: HTTP://A.EXAMPLE']),
  'another origin': post('/score', '{}', ['Origin: http://c.example']),
  'a longer origin': post('/score', '{}', ['Origin: http://a.example.evil']),
  'another scheme': post('/score', '{}', ['Origin: https://a.example']),
  'a port': post('/score', '{}', ['Origin: http://a.example:80']),
  'a null origin': post('/score', '{}', ['Origin: null']),
  'an empty origin': post('/score', '{}', ['Origin: ']),
  'two origins': post('/score', '{}', [A, B]),
  'health of a listed origin': get('/', [A]),
  'health without origin': get('/'),
  'swagger of a listed origin': get('/swagger.json?version=9', [A]),
  '404 of a listed origin': get('/nope', [A]),
  '405 of a listed origin': requestText('PUT', '/score', [A], '{}'),
  'an error of a listed origin': post('/score', '\xff', [A]),
  'a long id of a listed origin': get('/score', [A, `x-request-id: ${'A'.repeat(101)}`]),
  'HEAD of a listed origin': requestText('HEAD', '/score', [A]),
  'ids of a listed origin': post('/score', '{}', [
    A,
    'x-request-id: A',
    'x-ms-client-request-id: C',
    'TraceId: T',
  ]),
  'a preflight': requestText('OPTIONS', '/score', [A, ...ask('POST')]),
  'a preflight with headers': requestText('OPTIONS', '/score', [
    A,
    ...ask('POST', 'Access-Control-Request-Headers: x-b, content-type,authorization'),
  ]),
  'a preflight for GET': requestText('OPTIONS', '/score', [A, ...ask('GET')]),
  'a preflight in lower case': requestText('OPTIONS', '/score', [A, ...ask('post')]),
  'a preflight for PUT': requestText('OPTIONS', '/score', [A, ...ask('PUT')]),
  'a preflight for part of a method': requestText('OPTIONS', '/score', [A, ...ask('OS')]),
  'a preflight of another origin': requestText('OPTIONS', '/score', [
    'Origin: http://c.example',
    ...ask('POST'),
  ]),
  'a preflight without origin': requestText('OPTIONS', '/score', ask('POST')),
  'a preflight for /': requestText('OPTIONS', '/', [A, ...ask('GET')]),
  'a preflight for swagger': requestText('OPTIONS', '/swagger.json', [A, ...ask('GET')]),
  'a preflight for a private network': requestText('OPTIONS', '/score', [
    A,
    ...ask('POST', 'Access-Control-Request-Private-Network: true'),
  ]),
  'a private network': post('/score', '{}', [A, 'Access-Control-Request-Private-Network: true']),
  'a private network that is not asked for': post('/score', '{}', [
    A,
    'Access-Control-Request-Private-Network: false',
  ]),
  'OPTIONS without a method': requestText('OPTIONS', '/score', [A]),
  'a WebSocket of a listed origin': get('/', [A, 'Upgrade: websocket']),
});

export const TIMEOUTS: readonly Case[] = kindsOf('timeouts.py').map((kind) => ({
  name: kind,
  bytes: post('/score', kind),
}));

/** Both limits: what does not return at all costs its worker, and the next request waits for another. */
export const WORKER_TIMEOUTS: readonly Case[] = ['sleep', 'quick', 'busy', 'quick'].map((kind, index) => ({
  name: `${index + 1}: ${kind}`,
  bytes: post('/score', kind, ['x-request-id: A']),
}));

const VERSIONS = [
  '',
  '?version=',
  '?version=2',
  '?version=2.0',
  '?version=3',
  '?version=3.0',
  '?version=3.1',
  '?version=3.1.0',
  '?version=1',
  '?version=2&version=3',
  '?version=%32',
  '?version=two',
  '?Version=3',
  '?version=%c3%a9',
  '?version=2%20',
];

/** `/swagger.json` in each version. */
export const SWAGGER: readonly Case[] = [
  ...VERSIONS.map((query) => ({ name: query || 'no version', bytes: get(`/swagger.json${query}`) })),
  ...table({
    'with ids': get('/swagger.json', ['x-request-id: A', 'x-ms-client-request-id: C', 'TraceId: T']),
    'by OPTIONS': requestText('OPTIONS', '/swagger.json'),
    'by POST': post('/swagger.json', '{}'),
    'over slashes': get('//swagger.json?version=9'),
  }),
];

/** The length of a description: that of a generated one depends on its explanations. */
export const SWAGGER_HEAD: readonly Case[] = table({ 'by HEAD': requestText('HEAD', '/swagger.json') });
export const GENERATED_HEAD: readonly Case[] = SWAGGER_HEAD.map((one) => ({
  ...one,
  differs: ALLOWED.explanations,
}));

/** A few cases of each kind, because a setting may change every answer. */
export const SAMPLE: readonly Case[] = table({
  health: get('/'),
  score: post('/score', '{}'),
  'an error': post('/score', '\xff'),
  '404': get('/nope'),
  OPTIONS: requestText('OPTIONS', '/score'),
  'a long id': get('/', [`x-request-id: ${'A'.repeat(101)}`]),
});
