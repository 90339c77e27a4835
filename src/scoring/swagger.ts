import type { ScriptSwagger, SwaggerVersion } from '../python/index.ts';
import { pythonJson } from './python-json.ts';

/** The answer of `/swagger.json` for a version. */
export type SwaggerAnswer =
  | { readonly kind: 'found'; readonly document: string }
  | { readonly kind: 'unknown'; readonly message: string };

/**
 * Returns the API description in the requested version. A document that the user wrote is returned unchanged.
 * A generated one has the real server's paths, operation ids, schemas and security scheme, and descriptions of our own
 * (docs/reference/azureml.md#swagger).
 */
export function findSwagger(asked: string, script: ScriptSwagger): SwaggerAnswer {
  const version = VERSIONS.get(asked);
  const supported = [...new Set(VERSIONS.values())].filter(
    (it) => script.written[it] !== undefined || script.generated.includes(it),
  );
  const list = `[${supported.join(', ')}]`;
  if (!version)
    return {
      kind: 'unknown',
      message: `Swagger version [${asked}] is not valid. Supported versions: ${list}.`,
    };
  if (!supported.includes(version))
    return {
      kind: 'unknown',
      message: `Swagger version [${asked}] is not supported for the scoring script. Supported swagger versions: ${list}.`,
    };
  return { kind: 'found', document: script.written[version] ?? generate(version, script) };
}

/** Versions by the names that callers may use. */
const VERSIONS: ReadonlyMap<string, SwaggerVersion> = new Map([
  ['2', '2'],
  ['2.0', '2'],
  ['3', '3'],
  ['3.0', '3'],
  ['3.1', '3.1'],
]);

/** The schemas stay text: parsing them here would lose what only Python's JSON can hold. */
function generate(version: SwaggerVersion, script: ScriptSwagger): string {
  const { service } = script;
  const document =
    version === '2' ? swagger2(service) : openapi3(version === '3' ? '3.0.3' : '3.1.0', service);
  return pythonJson(document)
    .replace(`"${INPUT}"`, () => script.input)
    .replace(`"${OUTPUT}"`, () => script.output);
}

const INPUT = 'schema of the input';
const OUTPUT = 'schema of the output';

type Service = ScriptSwagger['service'];

function infoOf({ name, version }: Service) {
  return { title: name, description: `HTTP interface of the scoring service ${name}`, version };
}

const ERROR_RESPONSE = { type: 'object', properties: { message: { type: 'string' } } };
const SECURITY_SCHEME = {
  type: 'apiKey',
  name: 'Authorization',
  in: 'header',
  description: 'The word Bearer, a space, and the key',
};
const TEXTS = {
  health: 'Reports whether the service is up.',
  healthy: 'The service is up; the body is the word Healthy.',
  score: 'Hands the request body to the entry script and returns its result.',
  scored: 'The result of the entry script.',
  payload: 'The input of the entry script.',
  swagger: 'Returns this description.',
  failed: 'The request failed.',
};
const VERSION_PARAMETER = { name: 'version', in: 'query', required: false };

function swagger2(service: Service) {
  const reference = (name: string) => ({ $ref: `#/definitions/${name}` });
  const failed = { description: TEXTS.failed, schema: reference('ErrorResponse') };
  const text = { type: 'string' };
  return {
    swagger: '2.0',
    info: infoOf(service),
    schemes: ['https'],
    consumes: ['application/json'],
    produces: ['application/json'],
    securityDefinitions: { Bearer: SECURITY_SCHEME },
    paths: {
      [`${service.pathPrefix}/`]: {
        get: {
          operationId: 'ServiceHealthCheck',
          description: TEXTS.health,
          responses: {
            '200': {
              description: TEXTS.healthy,
              schema: text,
              examples: { 'application/json': 'Healthy' },
            },
            default: failed,
          },
        },
      },
      [`${service.pathPrefix}/score`]: {
        post: {
          operationId: 'RunMLService',
          description: TEXTS.score,
          security: [{ Bearer: [] }],
          parameters: [
            {
              name: 'serviceInputPayload',
              in: 'body',
              description: TEXTS.payload,
              schema: reference('ServiceInput'),
            },
          ],
          responses: {
            '200': { description: TEXTS.scored, schema: reference('ServiceOutput') },
            default: failed,
          },
        },
      },
      [`${service.pathPrefix}/swagger.json`]: {
        get: {
          operationId: 'GetSwaggerSpec',
          description: TEXTS.swagger,
          parameters: [{ ...VERSION_PARAMETER, type: 'integer', enum: [2, 3] }],
          responses: { '200': { description: TEXTS.swagger, schema: text }, default: failed },
        },
      },
    },
    definitions: { ServiceInput: INPUT, ServiceOutput: OUTPUT, ErrorResponse: ERROR_RESPONSE },
  };
}

function openapi3(version: string, service: Service) {
  const json = (name: string) => ({
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  const plain = (schema: object) => ({ content: { 'text/plain': { schema } } });
  const failed = { description: TEXTS.failed, ...json('ErrorResponse') };
  const bearer = [{ Bearer: [] }];
  return {
    openapi: version,
    info: infoOf(service),
    security: bearer,
    paths: {
      [`${service.pathPrefix}/`]: {
        get: {
          operationId: 'ServiceHealthCheck',
          description: TEXTS.health,
          responses: {
            '200': { description: TEXTS.healthy, ...plain({ type: 'string', example: 'Healthy' }) },
            default: failed,
          },
        },
      },
      [`${service.pathPrefix}/score`]: {
        post: {
          operationId: 'RunMLService',
          description: TEXTS.score,
          security: bearer,
          requestBody: { description: TEXTS.payload, ...json('ServiceInput') },
          responses: {
            '200': { description: TEXTS.scored, ...json('ServiceOutput') },
            default: failed,
          },
        },
      },
      [`${service.pathPrefix}/swagger.json`]: {
        get: {
          operationId: 'GetSwaggerSpec',
          description: TEXTS.swagger,
          parameters: [{ ...VERSION_PARAMETER, schema: { type: 'integer', enum: [2, 3] } }],
          responses: {
            '200': { description: TEXTS.swagger, ...plain({ type: 'string' }) },
            default: failed,
          },
        },
      },
    },
    components: {
      schemas: { ServiceInput: INPUT, ServiceOutput: OUTPUT, ErrorResponse: ERROR_RESPONSE },
      securitySchemes: { Bearer: SECURITY_SCHEME },
    },
  };
}
