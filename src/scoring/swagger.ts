import { asciiJson } from './answers.ts';

/** What `/swagger.json` answers for a version. */
export type SwaggerAnswer =
  | { readonly kind: 'found'; readonly document: string }
  | { readonly kind: 'unknown'; readonly message: string };

/**
 * The API description in the version asked for; without one, 2. It is that of a script without `@input_schema`
 * (azureml.md 1.11): paths, operation ids, definitions and the security scheme are the real server's, the
 * explanations are our own.
 */
export function findSwagger(version: string | null): SwaggerAnswer {
  const build = BUILDERS.get(version ?? '2');
  if (build) return { kind: 'found', document: build() };
  return {
    kind: 'unknown',
    message: `Swagger version [${version}] is not valid. Supported versions: [2, 3, 3.1].`,
  };
}

const BUILDERS = new Map<string, () => string>([
  ['2', () => asciiJson(swagger2())],
  ['2.0', () => asciiJson(swagger2())],
  ['3', () => asciiJson(openapi3('3.0.3'))],
  ['3.0', () => asciiJson(openapi3('3.0.3'))],
  ['3.1', () => asciiJson(openapi3('3.1.0'))],
]);

/** Titles as the real server has them where `SERVICE_NAME` and `SERVICE_VERSION` are not set. */
const INFO = {
  title: 'ML service',
  description: 'HTTP interface of the scoring service ML service',
  version: '1.0',
};
const ANY_OBJECT = { type: 'object', example: {} };
const ERROR_RESPONSE = { type: 'object', properties: { message: { type: 'string' } } };
const SECURITY_SCHEME = {
  type: 'apiKey',
  name: 'Authorization',
  in: 'header',
  description: 'The word Bearer, a space, and the key',
};
const TEXTS = {
  health: 'Tells whether the service is up.',
  healthy: 'The service is up; the body is the word Healthy.',
  score: 'Hands the request body to the entry script and returns its result.',
  scored: 'The result of the entry script.',
  payload: 'The input of the entry script.',
  swagger: 'Returns this description.',
  failed: 'The request failed.',
};
const VERSION_PARAMETER = { name: 'version', in: 'query', required: false };

function swagger2() {
  const reference = (name: string) => ({ $ref: `#/definitions/${name}` });
  const failed = { description: TEXTS.failed, schema: reference('ErrorResponse') };
  const text = { type: 'string' };
  return {
    swagger: '2.0',
    info: INFO,
    schemes: ['https'],
    consumes: ['application/json'],
    produces: ['application/json'],
    securityDefinitions: { Bearer: SECURITY_SCHEME },
    paths: {
      '/': {
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
      '/score': {
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
      '/swagger.json': {
        get: {
          operationId: 'GetSwaggerSpec',
          description: TEXTS.swagger,
          parameters: [{ ...VERSION_PARAMETER, type: 'integer', enum: [2, 3] }],
          responses: { '200': { description: TEXTS.swagger, schema: text }, default: failed },
        },
      },
    },
    definitions: { ServiceInput: ANY_OBJECT, ServiceOutput: ANY_OBJECT, ErrorResponse: ERROR_RESPONSE },
  };
}

function openapi3(version: string) {
  const json = (name: string) => ({
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  const plain = (schema: object) => ({ content: { 'text/plain': { schema } } });
  const failed = { description: TEXTS.failed, ...json('ErrorResponse') };
  const bearer = [{ Bearer: [] }];
  return {
    openapi: version,
    info: INFO,
    security: bearer,
    paths: {
      '/': {
        get: {
          operationId: 'ServiceHealthCheck',
          description: TEXTS.health,
          responses: {
            '200': { description: TEXTS.healthy, ...plain({ type: 'string', example: 'Healthy' }) },
            default: failed,
          },
        },
      },
      '/score': {
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
      '/swagger.json': {
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
      schemas: { ServiceInput: ANY_OBJECT, ServiceOutput: ANY_OBJECT, ErrorResponse: ERROR_RESPONSE },
      securitySchemes: { Bearer: SECURITY_SCHEME },
    },
  };
}
