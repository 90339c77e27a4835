import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Document } from '../../../src/azureml/document.ts';
import { DEPLOYMENT_FIELDS, ENDPOINT_FIELDS } from '../../../src/azureml/online-schema.ts';
import { checkFields } from '../../../src/azureml/schema-fields.ts';

const check = (kind: 'endpoint' | 'deployment', text: string) => {
  const value = parse(text);
  const document: Document = { file: 'x.yml', value, locate: (...at) => ({ file: at.join('.') }) };
  if (kind === 'endpoint') return checkFields(value, ENDPOINT_FIELDS, ['name'], document);
  return checkFields(value, DEPLOYMENT_FIELDS, ['name', 'endpoint_name', 'instance_type'], document);
};
const blue = { name: 'blue', endpoint_name: 'abc', instance_type: 'Standard_DS3_v2' };

// The texts, and what is taken, are those of azure-ai-ml 1.35.0's load_online_endpoint and load_online_deployment.
describe('a file of v2', () => {
  it.each([
    ['auth_mode: key', 'name: Missing data for required field.'],
    [
      'name: abc\nauth_mode: none',
      "auth_mode: Value 'none' passed is not in set ['aml_token', 'key', 'aad_token']",
    ],
    ['name: abc\nauth_mode: 3', "auth_mode: Value 3 passed is not in set ['aml_token', 'key', 'aad_token']"],
    ['name: [a]', 'name: Not a valid string.'],
    ['name: abc\ntraffic: 5', 'traffic: Not a valid mapping type.'],
    ['name: abc\ntags: text', 'tags: Not a valid mapping type.'],
    ['name: abc\nnonsense: 1', 'nonsense: Unknown field.'],
  ])('of an endpoint with %j is refused', (text, message) => {
    expect(() => check('endpoint', text)).toThrow(message);
  });

  it.each([
    [
      { name: undefined, instance_type: undefined },
      'name: Missing data for required field.\ninstance_type: Missing',
    ],
    [{ instance_count: 'many' }, 'instance_count: Not a valid integer.'],
    [{ nonsense: 1 }, 'nonsense: Unknown field.'],
    [
      { request_settings: { request_timeout_ms: 'long' } },
      'request_settings.request_timeout_ms: Not a valid integer.',
    ],
    [{ request_settings: { unknown: 5 } }, 'request_settings.unknown: Unknown field.'],
    [{ request_settings: 5 }, 'request_settings._schema: Invalid input type.'],
    [{ liveness_probe: { period: 'soon' } }, 'liveness_probe.period: Not a valid integer.'],
    [{ environment_variables: 5 }, 'environment_variables: Not a valid mapping type.'],
    [{ app_insights_enabled: 'maybe' }, 'app_insights_enabled: Not a valid boolean.'],
    [{ type: 'nonsense' }, "type: Value 'nonsense' passed is not in set ['managed', 'kubernetes']"],
  ])('of a deployment with %j is refused', (members, message) => {
    expect(() => check('deployment', stringify({ ...blue, ...members }))).toThrow(message);
  });

  it('is told of a missing member once, and of the line of an object that is none', () => {
    const document: Document = { file: 'x.yml', value: {}, locate: (...at) => ({ file: at.join('.') }) };
    const refused = (value: object) => {
      try {
        checkFields({ ...value }, DEPLOYMENT_FIELDS, ['name'], document);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refused({ name: undefined })).toMatchObject({ message: 'name: Missing data for required field.' });
    expect(refused({ name: 'blue', request_settings: 5 })).toMatchObject({
      location: { file: 'request_settings' },
    });
  });

  it.each([
    { instance_count: 1.5 },
    { request_settings: { max_queue_wait_ms: '5' } },
    { app_insights_enabled: 'yes' },
    { type: 'Kubernetes' },
    { $schema: 'https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json' },
  ])('of a deployment with %j is taken', (members) => {
    expect(() => check('deployment', stringify({ ...blue, ...members }))).not.toThrow();
  });
});
