// The real scoring server is the oracle: the same script, the same request, the same answer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScorePool, type ScoreRequest, startScorePool } from '../../../src/python/index.ts';
import { ask, Project, post } from './project.ts';
import { hasRealServer, RealServer, readMarks } from './real-server.ts';

interface Case {
  readonly script: string;
  readonly requests: Readonly<Record<string, ScoreRequest>>;
}

const form = (type: string): Partial<ScoreRequest> => ({ headers: [['Content-Type', type]] });
const get = (target: string, headers: ScoreRequest['headers'] = []): ScoreRequest => ({
  id: 'request-1',
  method: 'GET',
  target,
  headers,
  body: Buffer.alloc(0),
});
const as = (method: string, body = ''): ScoreRequest => post(body, { method });

const OUTPUTS = `
import json, math, os, sys
from decimal import Decimal

class Odd:
    pass

def init():
    pass

async def later():
    return 1

def numbers():
    yield 1

def run(data):
    kind = json.loads(data)
    if kind == "dict": return {"a": [1, 2.5, None, True], "é": "ü\\u2028"}
    if kind == "list": return [1, 2]
    if kind == "tuple": return (1, 2)
    if kind == "str": return "tèxt"
    if kind == "json-str": return json.dumps({"a": 1})
    if kind == "int": return 7
    if kind == "big": return 2 ** 70
    if kind == "bool": return True
    if kind == "float": return 0.1
    if kind == "nan": return [math.nan, math.inf, -math.inf]
    if kind == "none": return None
    if kind == "surrogate": return "\\ud800"
    if kind == "keys": return {1: 2, None: 3}
    if kind == "bytes": return b"x"
    if kind == "bad-key": return {(1, 2): 3}
    if kind == "decimal": return Decimal("1.5")
    if kind == "odd": return Odd()
    if kind == "generator": return numbers()
    if kind == "coroutine": return later()
    if kind == "circular":
        loop = []
        loop.append(loop)
        return loop
    if kind == "numpy":
        import numpy
        return numpy.float32(1.5)
    if kind == "raise": raise ValueError("bad")
    if kind == "exit": sys.exit(2)
    if kind == "interrupt": raise KeyboardInterrupt
    if kind == "timeout": raise TimeoutError("mine")
    if kind == "socket-timeout":
        import socket
        raise socket.timeout("slow")
    raise KeyError(kind)
`;

const cases: Readonly<Record<string, Case>> = {
  'a plain script gives its input back': {
    script: 'def init():\n    pass\n\ndef run(data):\n    return [type(data).__name__, data]\n',
    requests: {
      json: post('{"a": 1}'),
      'no json': post('hello'),
      empty: post(''),
      'no content type': post('{"a": 1}', { headers: [] }),
      unicode: post('"h€llo 😀"'),
      'byte order mark': post(Buffer.from([0xef, 0xbb, 0xbf, 0x31])),
      'no UTF-8': post(Buffer.from([0xff, 0xfe, 0x31])),
      'cut UTF-8': post(Buffer.from([0x31, 0xe2, 0x82])),
      'large body': post(Buffer.alloc(3_000_000, 'a')),
      'urlencoded form': post('a=1', form('application/x-www-form-urlencoded')),
      'urlencoded form in capitals': post('a=1', form('Application/X-WWW-Form-URLEncoded; charset=utf-8')),
      'large urlencoded form': post(Buffer.alloc(600_000, 'a'), form('application/x-www-form-urlencoded')),
      'multipart form': post(
        '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
        form('multipart/form-data; boundary=x'),
      ),
      'multipart without boundary': post('hello', form('multipart/form-data')),
      'broken multipart': post('hello', form('multipart/form-data; boundary=x')),
      'octet stream': post('hello', form('application/octet-stream')),
      GET: get('/score'),
      'GET with values': get('/score?a=1&b=[1,2]&c=text&d=null&a=2&e&f=&g=%22q%22&h=1+2&i=a%20b&j=NaN'),
      'GET with odd escapes': get('/score?a=%ff%E2%82%AC&b=%zz&%41=x&&=5&c=%F0%9F%98%80'),
      OPTIONS: as('OPTIONS'),
      HEAD: as('HEAD'),
    },
  },
  'outputs of a plain script': {
    script: OUTPUTS,
    requests: Object.fromEntries(
      [...OUTPUTS.matchAll(/kind == "([a-z-]+)"/g), ['', 'unknown']].map(([, kind]) => [
        kind,
        post(JSON.stringify(kind)),
      ]),
    ),
  },
  request_headers: {
    script:
      'def init():\n    pass\n\ndef run(request_headers, data):\n    return sorted(h for h in request_headers.items() if h[0] not in ("Host", "Connection"))\n',
    requests: {
      many: post('1', {
        headers: [
          ['X-Custom', 'a'],
          ['x-custom', 'b'],
          ['content-type', 'text/plain'],
          ['x_under', 'c'],
          ['X-Empty', ''],
          ['Content-Length', '1'],
          ['X-Latin', 'caf\u00e9'],
          ['x-2nd-part', 'd'],
        ],
      }),
      GET: get('/score', [['Accept', '*/*']]),
    },
  },
  'AMLResponse from a plain script': {
    script: `
import json
from azureml.contrib.services.aml_response import AMLResponse

def init():
    pass

def run(data):
    kind = json.loads(data)
    return AMLResponse(*kind["args"], **kind.get("kwargs", {}))
`,
    requests: Object.fromEntries(
      [
        { args: ['text', 200] },
        {
          args: ['text', 201],
          kwargs: { response_headers: { 'X-A': '1, 2,3', 'Content-Type': 'text/plain' } },
        },
        { args: ['text', 200], kwargs: { response_headers: { 'content-type': 'text/plain' } } },
        { args: [{ a: 1 }, 200], kwargs: { json_str: true } },
        { args: [{ a: 1 }, 200], kwargs: { json_str: true, response_headers: { 'Content-Type': 'x/y' } } },
        { args: [null, 200] },
        { args: [null, 204] },
        { args: ['', 304] },
        { args: ['bad', 400] },
        { args: ['bad', 500] },
        { args: ['bad', 503], kwargs: { run_function_failed: false } },
        { args: ['told', 200], kwargs: { run_function_failed: true } },
        { args: ['own', 200], kwargs: { response_headers: { 'x-ms-run-function-failed': 'True' } } },
        {
          args: ['hop', 200],
          kwargs: { response_headers: { Server: 'mine', 'Keep-Alive': 'x', 'X-B': 'b' } },
        },
        { args: [5, 200] },
        { args: [{ a: 1 }, 200] },
        { args: [['a', 'b'], 200] },
        { args: ['text', 200], kwargs: { response_headers: { 'X-C': 5 } } },
      ].map((kind) => [JSON.stringify(kind), post(JSON.stringify(kind))]),
    ),
  },
  'a rawhttp script': {
    script: `
import json
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse
import flask

def init():
    pass

@rawhttp
def run(request):
    kind = request.args.get("kind", "echo")
    if kind == "echo":
        body = request.get_data(False)
        told = [request.method, request.path, request.full_path, dict(request.args), len(body), request.content_type,
                request.is_json, request.headers.get("x-a"), request.endpoint, request.base_url.split("/", 3)[3],
                isinstance(request, AMLRequest), request.content_length]
        return AMLResponse(json.dumps(told), 200, {"Content-Type": "application/json"})
    if kind == "form": return {"form": request.form.to_dict(), "files": sorted(request.files)}
    if kind == "json": return request.get_json()
    if kind == "bytes": return AMLResponse(bytes(range(256)), 200, {"Content-Type": "image/png"})
    if kind == "jsonify": return flask.jsonify(a=1)
    if kind == "flask": return flask.Response("text", 202, mimetype="text/plain")
    if kind == "flask-500": return flask.Response("text", 500)
    if kind == "stream": return flask.Response((part for part in ["a", "b"]), mimetype="text/plain")
    if kind == "cookie":
        response = flask.make_response("x")
        response.set_cookie("a", "b")
        response.set_cookie("c", "d")
        return response
    if kind == "redirect": return flask.redirect("/elsewhere")
    if kind == "abort": flask.abort(404)
    if kind == "dict": return {"a": 1}
    if kind == "none": return None
    if kind == "unserialisable": return AMLResponse({1, 2}, 200, json_str=True)
    if kind == "after":
        @flask.after_this_request
        def mark(response):
            response.headers["X-After"] = "yes"
            return response
        return {"a": 1}
    if kind == "global": return flask.request.method
    if kind == "raise": raise ValueError("x")
    if kind == "exit": raise SystemExit(1)
`,
    requests: {
      POST: post('{"a": 1}', { target: '/score?x=1&x=2' }),
      'POST with a header': post(Buffer.from([0, 255]), {
        headers: [
          ['Content-Type', 'application/octet-stream'],
          ['Content-Length', '2'],
          ['X-A', 'b'],
        ],
      }),
      GET: get('/score'),
      OPTIONS: as('OPTIONS'),
      HEAD: as('HEAD'),
      form: post('a=1&b=2', { target: '/score?kind=form', ...form('application/x-www-form-urlencoded') }),
      'multipart form': post(
        '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nz\r\n--x--\r\n',
        { target: '/score?kind=form', ...form('multipart/form-data; boundary=x') },
      ),
      json: post('{"q": [1]}', { target: '/score?kind=json' }),
      'json of another type': post('{"q": [1]}', { target: '/score?kind=json', ...form('text/plain') }),
      ...Object.fromEntries(
        (
          'bytes jsonify flask flask-500 stream cookie redirect abort dict none unserialisable after global raise ' +
          'exit nothing'
        )
          .split(' ')
          .map((kind) => [kind, get(`/score?kind=${kind}`)]),
      ),
    },
  },
  'a schema script': {
    script: `
import numpy
from inference_schema.schema_decorators import input_schema, output_schema
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType

def init():
    pass

@input_schema("data", NumpyParameterType(numpy.array([[1, 2]]), enforce_shape=False))
@input_schema("scale", StandardPythonParameterType(1.0))
@output_schema(StandardPythonParameterType([1]))
def run(data, scale=2.0):
    return [type(data).__name__, (data * scale).tolist()]
`,
    requests: {
      both: post('{"data": [[1, 2]], "scale": 3.0}'),
      default: post('{"data": [[1, 2]], "extra": 1}'),
      missing: post('{"scale": 1.0}'),
      'no object': post('[1]'),
      'bad json': post('{"data": '),
      'no UTF-8': post(Buffer.from([0x22, 0xff, 0x22])),
      empty: post(''),
      'other type': post('{}', form('text/plain')),
      'with charset': post('{"data": [[1, 2]]}', form('application/json; charset=utf-8')),
      'json subtype': post('{"data": [[1, 2]]}', form('application/vnd.x+json')),
      'bad value': post('{"data": "text"}'),
      GET: get('/score?data=[[1,2]]&scale=4.0'),
      'GET without': get('/score'),
      OPTIONS: as('OPTIONS'),
      HEAD: as('HEAD'),
    },
  },
};

describe.skipIf(!hasRealServer)('as the real scoring server answers', () => {
  for (const [title, { script, requests }] of Object.entries(cases)) {
    describe(title, () => {
      let project: Project;
      let real: RealServer;
      let pool: ScorePool;

      beforeAll(async () => {
        project = await Project.create(script);
        real = await RealServer.start(project.directory);
        pool = project.use(await startScorePool(project.options(), AbortSignal.timeout(30_000)));
      });
      afterAll(async () => {
        await real?.[Symbol.asyncDispose]();
        await project?.[Symbol.asyncDispose]();
      });

      it.each(Object.entries(requests))('%s', async (_name, request) => {
        const [expected, got] = [await real.ask(withLength(request)), await ask(pool, withLength(request))];
        const { status, body } = got;
        // A response that the script made brings its marks among its headers.
        const { headers, runFunctionFailed, runReturned } =
          got.runFunctionFailed === undefined ? readMarks(got.headers) : got;
        const sent = request.method === 'HEAD' ? '' : Buffer.from(body).toString('latin1');
        expect({ status, headers: sorted(headers), runFunctionFailed, runReturned, body: sent }).toEqual({
          ...expected,
          headers: sorted(expected.headers),
          body: expected.body.toString('latin1'),
        });
      });
    });
  }
});

/** As a client sends it: with the length of its body. */
function withLength(request: ScoreRequest): ScoreRequest {
  if (request.body.length === 0 && request.method !== 'POST') return request;
  if (request.headers.some(([name]) => name.toLowerCase() === 'content-length')) return request;
  return { ...request, headers: [...request.headers, ['Content-Length', String(request.body.length)]] };
}

function sorted(headers: ScoreRequest['headers']): string[] {
  return headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort();
}
