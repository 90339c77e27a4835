// A model that evaluates the text it is sent, and the models that such texts call.
import type { RepositoryFiles } from '../shared-repository.ts';
import { DECOUPLED, executing, pythonFiles, sending, TWO_NUMBERS } from './python-files.ts';

const STRINGS = `max_batch_size: 8
input [ { name: "I" data_type: TYPE_STRING dims: [ 1 ] }, { name: "X" data_type: TYPE_FP32 dims: [ -1 ] optional: true } ]
output [ { name: "O" data_type: TYPE_STRING dims: [ 1 ] }, { name: "P" data_type: TYPE_STRING dims: [ 1 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
parameters { key: "mine" value { string_value: "yes" } }
`;

const PROBE = `import triton_python_backend_utils as pb
import asyncio, json, os, pickle, sys
import numpy as np

def ask(model, value=1, outputs=("O",), inputs=None, **more):
    given = inputs if inputs is not None else [pb.Tensor("I", np.full((1, 2), value, np.float32))]
    return pb.InferenceRequest(model_name=model, inputs=given, requested_output_names=list(outputs), **more)

def shown(answer):
    if answer.has_error():
        return "error %s: %s" % (answer.error().code(), answer.error().message())
    return [(t.name(), str(t.as_numpy().dtype), t.as_numpy().tolist()) for t in answer.output_tensors()]

def all_shown(answers):
    return [shown(one) for one in answers]

async def all_async(answers):
    return [shown(one) for one in await answers]

async def shown_async(answer):
    return shown(await answer)

async def gathered(*answers):
    return [shown(one) for one in await asyncio.gather(*answers)]

KEPT = []

def metric(name, kind):
    family = pb.MetricFamily(name="probe_" + name, description="d", kind=kind)
    KEPT.extend([family, family.Metric(labels={"a": "b"})])
    return KEPT[-1]

def counter(name):
    return metric(name, pb.MetricFamily.COUNTER)

def gauge(name):
    return metric(name, pb.MetricFamily.GAUGE)

def tried(*calls):
    out = []
    for call in calls:
        try:
            out.append(call())
        except BaseException as error:
            out.append("%s: %s" % (type(error).__name__, error))
    return out

class TritonPythonModel:
    def initialize(self, args):
        self.args = args

    ASYNC def execute(self, requests):
        out = []
        for r in requests:
            given = pb.get_input_tensor_by_name(r, "I").as_numpy()
            names = {**globals(), "r": r, "self": self, "requests": requests}
            try:
                value = eval(given.reshape(-1)[0].decode(), names)
                if asyncio.iscoroutine(value):
                    value = AWAIT value
                text = str(value)
            except BaseException as error:
                text = "%s: %s" % (type(error).__name__, error)
            made = np.array([[text.encode("utf-8", "surrogatepass")]] * given.shape[0], dtype=object)
            out.append(pb.InferenceResponse([pb.Tensor("O", made), pb.Tensor("P", made)]))
        return out
`;

const probe = (isAsync: boolean) =>
  isAsync
    ? PROBE.replace('ASYNC def', 'async def').replace('AWAIT value', 'await value')
    : PROBE.replace('ASYNC def', 'def').replace('AWAIT value', 'asyncio.run(value)');

const ones = 'pb.InferenceResponse([pb.Tensor("O", r.inputs()[0].as_numpy() + 1)])';

/** The probes, and the models that they call. */
export const SURFACE_FILES: RepositoryFiles = {
  ...pythonFiles('probe', probe(false), STRINGS),
  ...pythonFiles('probe_async', probe(true), STRINGS),
  ...pythonFiles('adds', executing(`return [${ones} for r in requests]`)),
  ...pythonFiles('raises', executing('raise ValueError("boom")')),
  ...pythonFiles(
    'refuses',
    executing(
      'return [pb.InferenceResponse([], pb.TritonError("nope", pb.TritonError.NOT_FOUND)) for r in requests]',
    ),
  ),
  ...pythonFiles('silent', executing('return [pb.InferenceResponse([]) for r in requests]')),
  ...pythonFiles(
    'wrong_type',
    executing('return [pb.InferenceResponse([pb.Tensor("O", np.ones((1, 2), np.int32))]) for r in requests]'),
  ),
  ...pythonFiles('count', executing('return []')),
  ...pythonFiles(
    'streams',
    sending('for i in range(3): s.send(pb.InferenceResponse([pb.Tensor("O", x + i)]))\ns.send(flags=1)'),
    TWO_NUMBERS + DECOUPLED,
  ),
  ...pythonFiles('streams_nothing', sending('s.send(flags=1)'), TWO_NUMBERS + DECOUPLED),
  ...pythonFiles(
    'streams_error',
    sending(
      's.send(pb.InferenceResponse([pb.Tensor("O", x)]))\ns.send(pb.InferenceResponse([], pb.TritonError("bad")), flags=1)',
    ),
    TWO_NUMBERS + DECOUPLED,
  ),
  ...pythonFiles(
    'tells',
    executing(
      'out = []\nfor r in requests:\n    t = "|".join([r.request_id(), str(r.correlation_id()), str(r.flags()), r.parameters(), str(r.timeout()), ",".join(sorted(r.requested_output_names()))])\n    out.append(pb.InferenceResponse([pb.Tensor("T", np.array([[t.encode()]], dtype=object))]))\nreturn out',
    ),
    'max_batch_size: 4\ninput [ { name: "I" data_type: TYPE_FP32 dims: [ 2 ] } ]\noutput [ { name: "T" data_type: TYPE_STRING dims: [ 1 ] } ]\n',
  ),
};
