import { BYTES } from './bytes.ts';
import type { Group } from './case.ts';
import {
  HEADERS,
  KEYWORD_ONLY,
  RAW,
  RESPONSES,
  RETURNS,
  SCHEMA,
  SCHEMA_TYPES,
  TWO_INPUTS,
} from './scripts.ts';
import { SERVICE } from './service.ts';
import {
  CORS,
  GENERATED_HEAD,
  SAMPLE,
  SWAGGER,
  SWAGGER_HEAD,
  TIMEOUTS,
  WORKER_TIMEOUTS,
} from './settings.ts';

const OWN_SWAGGER = JSON.stringify({ swagger: '2.0', info: { title: 'Mine \u00e9' }, paths: {} });

/** Everything that is asked of both servers. */
export const GROUPS: readonly Group[] = [
  { name: 'routes, methods, ids and input', script: 'plain.py', cases: SERVICE },
  { name: 'bytes that no client library sends', script: 'plain.py', cases: BYTES },
  { name: 'what a plain script returns and raises', script: 'returns.py', cases: RETURNS },
  { name: 'HTTP responses of a plain script', script: 'responses.py', cases: RESPONSES },
  { name: 'a rawhttp script', script: 'raw.py', cases: RAW },
  { name: 'a schema script', script: 'schema.py', cases: [...SCHEMA, ...SWAGGER] },
  { name: 'a schema of all types', script: 'schema_types.py', cases: [...SCHEMA_TYPES, ...SWAGGER] },
  { name: 'a schema that swagger 2 cannot describe', script: 'schema_mixed.py', cases: SWAGGER },
  { name: 'request headers', script: 'headers.py', cases: HEADERS },
  { name: 'keyword-only parameters', script: 'keyword_only.py', cases: KEYWORD_ONLY },
  { name: 'two inputs', script: 'two_inputs.py', cases: TWO_INPUTS },
  { name: 'swagger of a plain script', script: 'plain.py', cases: [...SWAGGER, ...GENERATED_HEAD] },
  {
    name: 'swagger of a named service',
    script: 'plain.py',
    variables: { SERVICE_NAME: 'My service \u00e9', SERVICE_VERSION: '7', SERVICE_PATH_PREFIX: '/a/b/' },
    cases: SWAGGER,
  },
  {
    name: "a user's swagger.json",
    script: 'plain.py',
    files: { 'swagger.json': OWN_SWAGGER },
    cases: [...SWAGGER, ...SWAGGER_HEAD],
  },
  {
    name: "a user's swagger of each version",
    script: 'schema.py',
    files: {
      'swagger2.json': OWN_SWAGGER,
      'swagger3.json': '{"openapi": "3.0.3", "x": [1.0, 1e5, 100]}',
      'swagger3.1.json': '{"b": 1, "a": 2}',
    },
    cases: SWAGGER,
  },
  {
    name: 'CORS for two origins',
    script: 'plain.py',
    variables: { AML_CORS_ORIGINS: 'http://a.example, https://b.example' },
    cases: CORS,
  },
  {
    name: 'CORS for one origin',
    script: 'plain.py',
    variables: { AML_CORS_ORIGINS: 'http://a.example' },
    cases: CORS,
  },
  { name: 'CORS for all', script: 'plain.py', variables: { AML_CORS_ORIGINS: '*' }, cases: CORS },
  {
    name: 'CORS for a pattern',
    script: 'plain.py',
    variables: { AML_CORS_ORIGINS: 'http://.*\\.example' },
    cases: CORS,
  },
  {
    name: 'CORS of a rawhttp script',
    script: 'raw.py',
    variables: { AML_CORS_ORIGINS: 'http://a.example' },
    cases: CORS,
  },
  { name: 'no CORS', script: 'plain.py', cases: CORS },
  {
    name: 'a scoring timeout',
    script: 'timeouts.py',
    variables: { SCORING_TIMEOUT_MS: '300' },
    cases: TIMEOUTS,
  },
  {
    name: 'a worker timeout',
    script: 'timeouts.py',
    variables: { WORKER_TIMEOUT: '1' },
    cases: WORKER_TIMEOUTS,
  },
  {
    name: 'no version header',
    script: 'plain.py',
    variables: { SERVER_VERSION_LOG_RESPONSE_ENABLED: 'false' },
    cases: SAMPLE,
  },
];
