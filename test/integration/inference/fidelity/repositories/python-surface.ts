// Expressions over `triton_python_backend_utils` that a model evaluates, and the model that does.
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

def described(value):
    return value

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
  ...pythonFiles('refuses', executing('return [pb.InferenceResponse([], pb.TritonError("nope", pb.TritonError.NOT_FOUND)) for r in requests]')),
  ...pythonFiles('silent', executing('return [pb.InferenceResponse([]) for r in requests]')),
  ...pythonFiles('wrong_type', executing('return [pb.InferenceResponse([pb.Tensor("O", np.ones((1, 2), np.int32))]) for r in requests]')),
  ...pythonFiles('count', executing('return []')),
  ...pythonFiles('streams', sending('for i in range(3): s.send(pb.InferenceResponse([pb.Tensor("O", x + i)]))\ns.send(flags=1)'), TWO_NUMBERS + DECOUPLED),
  ...pythonFiles('streams_nothing', sending('s.send(flags=1)'), TWO_NUMBERS + DECOUPLED),
  ...pythonFiles('streams_error', sending('s.send(pb.InferenceResponse([pb.Tensor("O", x)]))\ns.send(pb.InferenceResponse([], pb.TritonError("bad")), flags=1)'), TWO_NUMBERS + DECOUPLED),
  ...pythonFiles('tells', executing('out = []\nfor r in requests:\n    t = "|".join([r.request_id(), str(r.correlation_id()), str(r.flags()), r.parameters(), str(r.timeout()), ",".join(sorted(r.requested_output_names()))])\n    out.append(pb.InferenceResponse([pb.Tensor("T", np.array([[t.encode()]], dtype=object))]))\nreturn out'), 'max_batch_size: 4\ninput [ { name: "I" data_type: TYPE_FP32 dims: [ 2 ] } ]\noutput [ { name: "T" data_type: TYPE_STRING dims: [ 1 ] } ]\n'),
};

const DTYPES = ['bool_', 'uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64', 'float16', 'float32', 'float64', 'object_', 'complex64', 'datetime64', 'str_', 'bytes_', 'longlong'];
const TYPE_NAMES = ['TYPE_BOOL', 'TYPE_UINT8', 'TYPE_INT64', 'TYPE_FP16', 'TYPE_FP32', 'TYPE_FP64', 'TYPE_STRING', 'TYPE_BF16', 'TYPE_INVALID', 'FP32', ''];

/** By topic; each is evaluated by `probe`. */
export const SURFACE: Readonly<Record<string, readonly string[]>> = {
  'module': [
    '[n for n in sorted(dir(pb)) if n[0].isupper()]',
    'sorted(pb.TRITON_STRING_TO_NUMPY.items(), key=str)',
    'pb.TRITONSERVER_RESPONSE_COMPLETE_FINAL, pb.TRITONSERVER_REQUEST_FLAG_SEQUENCE_START, pb.TRITONSERVER_REQUEST_FLAG_SEQUENCE_END',
    'pb.TRITONSERVER_REQUEST_RELEASE_ALL, pb.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE',
    'str(pb.TRITONSERVER_MEMORY_CPU), str(pb.TRITONSERVER_MEMORY_GPU)',
    'pb.get_model_dir().endswith("/probe/1")',
    'sorted(self.args)',
    '[self.args[k] for k in ("model_instance_kind", "model_instance_name", "model_instance_device_id", "model_version", "model_name")]',
    'self.args["model_repository"].endswith("/probe")',
    'json.loads(self.args["model_config"])["input"][0]',
    'json.loads(self.args["model_config"])["parameters"]',
    'sorted(json.loads(self.args["model_config"]))',
    '__name__, __file__.rsplit("/", 3)[1:]',
    'sys.argv',
    '[p.rsplit("/", 2)[1:] for p in sys.path if "/probe" in p]',
    'pb.using_decoupled_model_transaction_policy(json.loads(self.args["model_config"]))',
    'pb.using_decoupled_model_transaction_policy({})',
    'pb.get_input_config_by_name(json.loads(self.args["model_config"]), "I")["data_type"]',
    'pb.get_input_config_by_name(json.loads(self.args["model_config"]), "none")',
    'pb.get_output_config_by_name(json.loads(self.args["model_config"]), "O")["dims"]',
    'pb.get_output_config_by_name({}, "O")',
    'sys.modules[pb.Tensor.__module__].__name__',
  ],
  'datatypes': [
    ...DTYPES.map((name) => `str(pb.Tensor("T", np.zeros((1,), np.${name})).as_numpy().dtype)`),
    'pb.Tensor("T", np.zeros(1)).triton_dtype()',
    ...TYPE_NAMES.map((name) => `pb.triton_string_to_numpy("${name}")`),
    '[pb.triton_to_numpy_type(i) for i in range(1, 14)]',
    'pb.triton_to_numpy_type(0)',
    'pb.triton_to_numpy_type(14)',
    '[pb.numpy_to_triton_type(t) for t in (np.bool_, np.uint8, np.float16, np.float32, np.object_)]',
    'pb.numpy_to_triton_type(np.complex64)',
    'pb.numpy_to_triton_type(np.dtype("float32"))',
    'pb.serialize_byte_tensor(np.array([b"a", "é", 3], dtype=object)).tobytes() if hasattr(pb.serialize_byte_tensor(np.array([b"a"], dtype=object)), "tobytes") else pb.serialize_byte_tensor(np.array([b"a", "é", 3], dtype=object))',
    'pb.deserialize_bytes_tensor(b"\\x01\\x00\\x00\\x00a\\x00\\x00\\x00\\x00").tolist()',
    'pb.deserialize_bytes_tensor(b"").tolist()',
  ],
  'Tensor': [
    'pb.Tensor("T", np.arange(6, dtype=np.int32).reshape(2, 3)).as_numpy().tolist()',
    'pb.Tensor("T", np.arange(6, dtype=np.int32).reshape(2, 3)).shape()',
    'pb.Tensor("T", np.array(5)).shape()',
    'pb.Tensor("T", np.zeros((0, 3))).shape()',
    'pb.Tensor("", np.zeros(1)).name()',
    'pb.Tensor("é", np.zeros(1)).name()',
    'pb.Tensor("T", np.zeros(1)).is_cpu()',
    'pb.Tensor("T", [1, 2])',
    'pb.Tensor("T", 5)',
    'pb.Tensor(5, np.zeros(1))',
    'pb.Tensor("T")',
    'pb.Tensor(name="T", array=np.zeros(1))',
    'pb.Tensor("T", np.array(["a", "b"], dtype=object)).as_numpy().tolist()',
    'pb.Tensor("T", np.array([b"a", b"\\x00\\xff"], dtype=object)).as_numpy().tolist()',
    'pb.Tensor("T", np.array([1, None], dtype=object)).as_numpy().tolist()',
    'pb.Tensor("T", np.array(["a", "bc"])).as_numpy().tolist()',
    'pb.Tensor("T", np.array([b"a", b"bc"])).as_numpy().tolist()',
    'pb.Tensor("T", np.arange(6, dtype=np.float32).reshape(2, 3).T).as_numpy().tolist()',
    'pb.Tensor("T", np.arange(6, dtype=np.float32)[::2]).as_numpy().tolist()',
    'pb.Tensor("T", np.arange(3, dtype=">i4")).as_numpy().tolist()',
    'np.from_dlpack(pb.Tensor("T", np.arange(4, dtype=np.float32))).tolist()',
    'pb.Tensor("T", np.zeros(2)).__dlpack_device__()',
    'type(pb.Tensor("T", np.zeros(2, np.float32)).to_dlpack()).__name__',
    'pb.Tensor.from_dlpack("D", pb.Tensor("T", np.arange(4, dtype=np.int64))).as_numpy().tolist()',
    'pb.Tensor.from_dlpack("D", pb.Tensor("T", np.arange(4, dtype=np.int64)).to_dlpack()).as_numpy().tolist()',
    'pb.Tensor.from_dlpack("D", pb.Tensor("T", np.arange(4, dtype=np.int64)).to_dlpack()).triton_dtype()',
    'pb.Tensor("T", np.array([b"a"], dtype=object)).to_dlpack()',
    'pb.get_input_tensor_by_name(r, "I").as_numpy().dtype',
    'pb.get_input_tensor_by_name(r, "I").shape()',
    'pb.get_input_tensor_by_name(r, "I").triton_dtype()',
    'pb.get_input_tensor_by_name(r, "I").is_cpu()',
    'pb.get_input_tensor_by_name(r, "none")',
    'pb.get_input_tensor_by_name(r, "I").as_numpy().flags.writeable',
    'pb.get_input_tensor_by_name(r, "I").as_numpy() is pb.get_input_tensor_by_name(r, "I").as_numpy()',
    '[n for n in sorted(dir(pb.Tensor)) if n[0] != "_"]',
  ],
  'InferenceRequest': [
    '[n for n in sorted(dir(pb.InferenceRequest)) if n[0] != "_"]',
    'r.request_id(), r.correlation_id(), r.flags(), r.timeout()',
    'r.parameters()',
    'sorted(r.requested_output_names())',
    '[t.name() for t in r.inputs()]',
    'r.is_cancelled()',
    'type(r.preferred_memory()).__name__',
    'type(r.trace()).__name__',
    'r.get_response_sender() is not None',
    'ask("m").request_id(), ask("m").correlation_id(), ask("m").flags(), ask("m").timeout()',
    'ask("m", request_id="id", correlation_id=7, flags=3, timeout=9).correlation_id()',
    'ask("m", correlation_id="text").correlation_id()',
    'ask("m", parameters={"a": 1, "b": "x", "c": True}).parameters()',
    'ask("m", parameters={"a": 1.5}).parameters()',
    'ask("m", parameters={"a": [1]}).parameters()',
    'ask("m", parameters={1: 2}).parameters()',
    'ask("m", parameters=5)',
    'ask("m", model_version=2) and 1',
    'ask("m", model_version="2")',
    'ask("m", flags="x")',
    'ask("m", timeout=-1)',
    'ask(5)',
    'pb.InferenceRequest(model_name="m", inputs=[5], requested_output_names=["O"])',
    'pb.InferenceRequest(model_name="m", inputs=[], requested_output_names="O")',
    'pb.InferenceRequest(model_name="m", inputs=[])',
    'pb.InferenceRequest(inputs=[], requested_output_names=[])',
    'pb.InferenceRequest(model_name="m", inputs=[], requested_output_names=[], nothing=1)',
    'sorted(ask("m", outputs=("B", "A", "A")).requested_output_names())',
    'ask("m").set_flags(2)',
    'ask("m", preferred_memory=pb.PreferredMemory(pb.TRITONSERVER_MEMORY_CPU, 0)) and 1',
    'ask("m", trace=r.trace()) and 1',
    'r.set_release_flags(pb.TRITONSERVER_REQUEST_RELEASE_ALL)',
  ],
  'InferenceResponse': [
    '[n for n in sorted(dir(pb.InferenceResponse)) if n[0] != "_"]',
    'pb.InferenceResponse().output_tensors()',
    'pb.InferenceResponse([]).has_error(), pb.InferenceResponse([]).error()',
    'pb.InferenceResponse([], pb.TritonError("x")).error().message()',
    'pb.InferenceResponse([], "x")',
    'pb.InferenceResponse([5])',
    'pb.InferenceResponse(5)',
    'pb.InferenceResponse(output_tensors=[], error=None).has_error()',
    'pb.InferenceResponse([pb.Tensor("A", np.zeros(1)), pb.Tensor("A", np.ones(1))]).output_tensors()[1].as_numpy().tolist()',
    'pb.get_output_tensor_by_name(pb.InferenceResponse([pb.Tensor("A", np.ones(1))]), "A").as_numpy().tolist()',
    'pb.get_output_tensor_by_name(pb.InferenceResponse([pb.Tensor("A", np.ones(1))]), "B")',
    'pb.get_output_tensor_by_name(pb.InferenceResponse([], pb.TritonError("x")), "A")',
    '[n for n in sorted(dir(type(r.get_response_sender()))) if n[0] != "_"]',
  ],
  'TritonError': [
    'pb.TritonError("x").code(), pb.TritonError("x").message()',
    '[str(c) for c in (pb.TritonError.UNKNOWN, pb.TritonError.INTERNAL, pb.TritonError.NOT_FOUND, pb.TritonError.INVALID_ARG, pb.TritonError.UNAVAILABLE, pb.TritonError.UNSUPPORTED, pb.TritonError.ALREADY_EXISTS, pb.TritonError.CANCELLED)]',
    'pb.TritonError("x", pb.TritonError.NOT_FOUND).code() == pb.TritonError.NOT_FOUND',
    'pb.TritonError("x", 3)',
    'pb.TritonError(5)',
    'pb.TritonError()',
    'pb.TritonError(message="m", code=pb.TritonError.CANCELLED).code()',
    'issubclass(pb.TritonModelException, Exception)',
    'str(pb.TritonModelException("m")), repr(pb.TritonModelException("m"))',
    '[n for n in sorted(dir(pb.TritonError)) if n[0] != "_"]',
  ],
  'Logger': [
    'pb.Logger.log("m")',
    'pb.Logger.log("m", pb.Logger.ERROR)',
    'pb.Logger.log_info("m"), pb.Logger.log_warn("m"), pb.Logger.log_error("m"), pb.Logger.log_verbose("m")',
    'pb.Logger.log(5)',
    'pb.Logger.log("m", 7)',
    'str(pb.Logger.INFO), str(pb.Logger.WARNING), str(pb.Logger.ERROR), str(pb.Logger.VERBOSE)',
    '[n for n in sorted(dir(pb.Logger)) if n[0] != "_"]',
  ],
  'metrics': [
    '[n for n in sorted(dir(pb.MetricFamily)) if n[0] != "_"]',
    'str(pb.MetricFamily.COUNTER), str(pb.MetricFamily.GAUGE)',
    '(lambda f: (lambda m: (m.increment(2), m.value()))(f.Metric(labels={"a": "b"})))(pb.MetricFamily(name="p14_a", description="d", kind=pb.MetricFamily.COUNTER))',
    '(lambda f: (lambda m: (m.set(2.5), m.increment(-1), m.value()))(f.Metric(labels={})))(pb.MetricFamily(name="p14_b", description="d", kind=pb.MetricFamily.GAUGE))',
    '(lambda f: (lambda m: m.increment(-1))(f.Metric(labels={"a": "b"})))(pb.MetricFamily(name="p14_c", description="d", kind=pb.MetricFamily.COUNTER))',
    '(lambda f: (lambda m: m.set(1))(f.Metric(labels={"a": "b"})))(pb.MetricFamily(name="p14_d", description="d", kind=pb.MetricFamily.COUNTER))',
    'pb.MetricFamily(name="p14_e", description="d", kind=5)',
    'pb.MetricFamily(name="p14_f", description="d")',
    '(lambda f: f.Metric(labels={"a": 1}))(pb.MetricFamily(name="p14_g", description="d", kind=pb.MetricFamily.COUNTER))',
    '(lambda f: [f.Metric(labels={"a": "1"}).increment(1), f.Metric(labels={"a": "1"}).value()])(pb.MetricFamily(name="p14_h", description="d", kind=pb.MetricFamily.COUNTER))',
  ],
  'BLS': [
    'shown(ask("adds").exec())',
    'shown(ask("adds", 41).exec())',
    'shown(ask("adds", model_version=1).exec())',
    'shown(ask("adds", model_version=7).exec())',
    'shown(ask("nowhere").exec())',
    'shown(ask("raises").exec())',
    'shown(ask("refuses").exec())',
    'shown(ask("silent").exec())',
    'shown(ask("wrong_type").exec())',
    'shown(ask("count").exec())',
    'shown(ask("streams").exec())',
    'shown(ask("adds", outputs=("Z",)).exec())',
    'shown(ask("adds", outputs=()).exec())',
    'shown(ask("adds", inputs=[]).exec())',
    'shown(ask("adds", inputs=[pb.Tensor("Q", np.ones((1, 2), np.float32))]).exec())',
    'shown(ask("adds", inputs=[pb.Tensor("I", np.ones((1, 2), np.int32))]).exec())',
    'shown(ask("adds", inputs=[pb.Tensor("I", np.ones((1, 3), np.float32))]).exec())',
    'shown(ask("adds", inputs=[pb.Tensor("I", np.ones((9, 2), np.float32))]).exec())',
    'shown(ask("adds", inputs=[pb.Tensor("I", np.ones((2,), np.float32))]).exec())',
    'shown(ask("adds", inputs=[pb.Tensor("I", np.ones((1, 2), np.float32))] * 2).exec())',
    'shown(ask("tells", outputs=("T",), request_id="me", correlation_id=5, flags=1, timeout=77, parameters={"k": "v", "n": 1}).exec())',
    'shown(ask("tells", outputs=("T",), correlation_id="word").exec())',
    'shown(ask("tells", outputs=("T",)).exec())',
    'all_shown(ask("streams").exec(decoupled=True))',
    'all_shown(ask("streams_nothing").exec(decoupled=True))',
    'all_shown(ask("streams_error").exec(decoupled=True))',
    'all_shown(ask("adds").exec(decoupled=True))',
    'all_shown(ask("raises").exec(decoupled=True))',
    'all_shown(ask("nowhere").exec(decoupled=True))',
    'shown_async(ask("adds").async_exec())',
    '[shown(ask("adds", i).exec()) for i in range(5)]',
    'pb.is_model_ready("adds"), pb.is_model_ready("adds", "1"), pb.is_model_ready("adds", "7"), pb.is_model_ready("nowhere")',
    'tried(lambda: pb.is_model_ready("adds", 1))',
    'tried(lambda: pb.load_model("nowhere"))',
    'tried(lambda: pb.load_model("silent"), lambda: pb.is_model_ready("silent"))',
    'tried(lambda: pb.unload_model("count"), lambda: pb.is_model_ready("count") and 0)',
    'tried(lambda: pb.unload_model("nowhere"))',
    'tried(lambda: pb.load_model("count"), lambda: pb.is_model_ready("count"))',
    'tried(lambda: pb.load_model("adds", config="{\\"max_batch_size\\": 2, \\"backend\\": \\"python\\"}"))',
    'tried(lambda: pb.load_model("adds", config="not json"))',
    'tried(lambda: pb.load_model(5))',
  ],
};

/** Evaluated by `probe_async`, whose `execute` is a coroutine. */
export const ASYNC_SURFACE: readonly string[] = [
  'shown_async(ask("adds").async_exec())',
  'gathered(*[ask("adds", i).async_exec() for i in range(6)])',
  'gathered(ask("adds").async_exec(), ask("refuses").async_exec(), ask("raises").async_exec())',
  'shown_async(ask("nowhere").async_exec())',
  'shown_async(ask("streams").async_exec())',
  'all_async(ask("streams").async_exec(decoupled=True))',
  'all_async(ask("adds").async_exec(decoupled=True))',
  'shown(ask("adds").exec())',
  'ask("adds").async_exec(5)',
  'asyncio.sleep(0, "slept")',
];

/** What the process of the real server dies of. */
export const FATAL_SURFACE: readonly string[] = [
  'pb.Tensor.from_dlpack("D", np.arange(4, dtype=np.float32)).as_numpy().tolist()',
  'pb.Tensor.from_dlpack("D", 5)',
  'ask("m").is_cancelled()',
];
