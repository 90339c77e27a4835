// `/swagger.json` of the real server and of ours, for the same scripts: equal text for text but for the explanations,
// which are our own words.
import http from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { readServerConfigFile } from '../../../src/config/server-config-file.ts';
import { startScorePool } from '../../../src/python/index.ts';
import { startService } from '../../unit/scoring/service.ts';
import { ENVIRONMENT, Project, post } from './project.ts';
import { hasRealServer, RealServer } from './real-server.ts';

let project: Project;
afterEach(() => project?.[Symbol.asyncDispose]());

const IMPORTS = `
import numpy as np, pandas as pd
from inference_schema.schema_decorators import input_schema, output_schema
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
def init():
    pass
`;
const PLAIN = 'def init():\n    pass\ndef run(data):\n    return data\n';
const VERSIONS = [
  '',
  '?version=2',
  '?version=2.0',
  '?version=3',
  '?version=3.0',
  '?version=3.1',
  '?version=9',
];

interface Case {
  readonly script: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

const CASES: Readonly<Record<string, Case>> = {
  'no decorator': { script: PLAIN },
  'arrays and a dict': {
    script: `${IMPORTS}
@input_schema("data", NumpyParameterType(np.array([[1.0, 2.5], [3, 4]])))
@input_schema("limit", StandardPythonParameterType(2**60))
@output_schema(StandardPythonParameterType({"labels": ["é"], "score": float("nan")}))
def run(data, limit=1, request_headers=None):
    return data.tolist()
`,
  },
  'a data frame': {
    script: `${IMPORTS}
@input_schema("data", PandasParameterType(pd.DataFrame({"a": [1], "t": pd.to_datetime(["2026-01-02"])})))
def run(data):
    return len(data)
`,
  },
  'a list of several types, which version 2 cannot tell': {
    script: `${IMPORTS}
@input_schema("data", StandardPythonParameterType([1, "a"]))
def run(data):
    return data
`,
  },
  'an output alone': {
    script: `${IMPORTS}
@output_schema(StandardPythonParameterType(1.0))
def run(data):
    return 1.0
`,
  },
  'a driver in front of the decorated script': {
    script: `import sys, types
import real_score
driver_module = real_score
def init():
    real_score.init()
def run(data):
    return real_score.run(data)
`,
    files: {
      'real_score.py': `${IMPORTS}
@input_schema("data", StandardPythonParameterType(1))
def run(data):
    return data
`,
    },
  },
  'documents of the user': {
    script: PLAIN,
    files: {
      'swagger.json': '{"mine": 1.0}',
      'swagger2.json': '{"never": 1}',
      'swagger3.1.json': '{"mine": "3.1"}',
    },
  },
  'an empty document of the user': {
    script: PLAIN,
    files: { 'swagger.json': '{}', 'swagger2.json': '{"mine": 2}' },
  },
  'a document that init() writes': {
    script: `def init():\n    open("swagger3.json", "w").write('{"written": true}')\ndef run(data):\n    pass\n`,
  },
  "a service named in the server's own file": {
    script: PLAIN,
    files: { 'config.json': '{"SERVICE_NAME": "from the file", "SERVICE_VERSION": "8"}' },
    environment: { SERVICE_VERSION: '7' },
  },
  'a named service': {
    script: PLAIN,
    environment: {
      SERVICE_NAME: 'digits',
      SERVICE_VERSION: '7',
      SERVICE_PATH_PREFIX: '/api/v1/service/digits/',
    },
  },
};

describe.skipIf(!hasRealServer)('the description of a service', () => {
  it.each(Object.entries(CASES))(
    'is that of the real server: %s',
    async (_name, { script, files, environment }) => {
      project = await Project.create(script);
      for (const [name, text] of Object.entries(files ?? {})) await project.write(name, text);
      const place = { entryScript: project.entryScript, sourceDirectory: project.directory };
      const fromFile = await readServerConfigFile(place, undefined);
      const pool = project.use(
        await startScorePool(
          project.options({ environment: { ...ENVIRONMENT, ...fromFile, ...environment } }),
          AbortSignal.timeout(30_000),
        ),
      );
      const service = project.use(await startService(pool));
      const real = project.use(await RealServer.start(project.directory, 'score.py', environment));
      for (const query of VERSIONS) {
        const target = `/swagger.json${query}`;
        const theirs = await real.ask(post('', { method: 'GET', target }));
        const ours = await get(service.port, target);
        expect([query, ours.status, normal(ours.body)]).toEqual([
          query,
          theirs.status,
          normal(theirs.body.toString()),
        ]);
      }
    },
  );
});

it('reports a document of the user that is not JSON', async () => {
  project = await Project.create(PLAIN);
  const file = await project.write('swagger.json', '{');
  await expect(startScorePool(project.options(), AbortSignal.timeout(30_000))).rejects.toMatchObject({
    code: 'SCRIPT_FAILED',
    message: expect.stringMatching(/^swagger\.json is no valid JSON: Expecting property name/),
    location: { file },
  });
});

function get(port: number, path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    http
      .get({ port, path, agent: false }, async (response) => {
        let body = '';
        for await (const chunk of response) body += chunk;
        resolve({ status: response.statusCode, body });
      })
      .on('error', reject);
  });
}

/** Without explanations. */
const normal = (text: string) => text.replace(/"description": "(?:[^"\\]|\\.)*"/g, '"description": ""');
