"""An ONNX model served through Triton's Python backend, where the server has no ONNX Runtime backend.

Lies in every version's folder of a translated model, beside `onnx.json`:
  {"model": "model.onnx"}, a file of that folder, or {"refusal": "why this version cannot be served"}
"""

import json
import os

import numpy
import triton_python_backend_utils as pb_utils

# onnxruntime is imported where it is used: Triton starts a process of its own for `auto_complete_config`.

# Triton's graph levels (`onnxruntime.cc`); anything else means all.
GRAPH_LEVELS = {-1: "ORT_ENABLE_BASIC", 1: "ORT_ENABLE_EXTENDED", 2: "ORT_DISABLE_ALL"}


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        read_onnx_facts()
        return config

    def initialize(self, args):
        facts = read_onnx_facts()
        config = json.loads(args["model_config"])
        self.batches = config.get("max_batch_size", 0) > 0
        self.outputs = [output["name"] for output in config["output"]]
        try:
            self.session = open_session(facts["model"], config, args)
        except Exception as error:
            refuse_onnx(onnx_error(error))
        self.scalars = {tensor.name for tensor in self.session.get_inputs() if not tensor.shape}
        self.strings = {tensor.name for tensor in self.session.get_outputs() if tensor.type == "tensor(string)"}

    def execute(self, requests):
        responses = [None] * len(requests)
        for members in self.group(requests, responses).values():
            try:
                self.answer(members, responses)
            except Exception as error:
                failure = pb_utils.TritonError(onnx_error(error))
                for index, _feed, _names in members:
                    responses[index] = pb_utils.InferenceResponse(error=failure)
        return responses

    def group(self, requests, responses):
        """Requests that can run as one batch: the same inputs of the same shapes but for the first dimension."""
        groups = {}
        for index, request in enumerate(requests):
            try:
                feed = {tensor.name(): self.read(tensor) for tensor in request.inputs()}
            except Exception as error:
                responses[index] = pb_utils.InferenceResponse(error=pb_utils.TritonError(onnx_error(error)))
                continue
            key = index
            if self.batches:
                key = tuple(sorted((name, array.dtype.str, array.shape[1:]) for name, array in feed.items()))
            groups.setdefault(key, []).append((index, feed, request.requested_output_names()))
        return groups

    def read(self, tensor):
        array = tensor.as_numpy()
        if array.dtype.kind in "OS":
            text = [item.decode("utf-8") if isinstance(item, bytes) else str(item) for item in array.reshape(-1)]
            array = object_array(text, array.shape)
        # The configuration calls a scalar [ 1 ].
        if array.size == 1 and array.shape == (1,) and not self.batches and tensor.name() in self.scalars:
            array = array.reshape(())
        return array

    def answer(self, members, responses):
        feeds = [feed for _index, feed, _names in members]
        feed = feeds[0]
        if len(feeds) > 1:
            feed = {name: numpy.concatenate([one[name] for one in feeds]) for name in feed}
        wanted = {name for _index, _feed, names in members for name in names}
        names = [name for name in self.outputs if name in wanted]
        arrays = [self.write(name, array) for name, array in zip(names, self.session.run(names, feed))]
        sizes = [batch_size(one) for one in feeds] if self.batches else []
        for name, array in zip(names, arrays):
            if len(members) > 1 and (array.ndim == 0 or array.shape[0] < sum(sizes)):
                got = array.shape[0] if array.ndim else 0
                raise ValueError(
                    f"failed to split the output tensor '{name}' in responses: "
                    f"expected batch size of at least {sum(sizes)} in model output, got {got}"
                )
        start = 0
        for at, (index, _feed, requested) in enumerate(members):
            rows = slice(None) if len(members) == 1 else slice(start, start + sizes[at])
            start += sizes[at] if sizes else 0
            tensors = [
                pb_utils.Tensor(name, array if rows == slice(None) else array[rows])
                for name, array in zip(names, arrays)
                if name in requested
            ]
            responses[index] = pb_utils.InferenceResponse(tensors)

    def write(self, name, array):
        if name in self.strings:
            items = [item if isinstance(item, bytes) else str(item).encode("utf-8") for item in array.reshape(-1)]
            array = object_array(items, array.shape)
        return array.reshape(1) if array.ndim == 0 else array

    def finalize(self):
        self.session = None


def read_onnx_facts():
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "onnx.json"), encoding="utf-8") as file:
        facts = json.load(file)
    if "refusal" in facts:
        refuse_onnx(facts["refusal"])
    return {"model": os.path.join(folder, facts["model"])}


def refuse_onnx(reason):
    """translated-repository.ts knows our tracebacks from those of users' models by this name."""
    raise pb_utils.TritonModelException(reason) from None


def open_session(model, config, args):
    import onnxruntime

    def parameter(key, fallback):
        try:
            return int(config.get("parameters", {})[key]["string_value"])
        except (KeyError, ValueError):
            return fallback

    options = onnxruntime.SessionOptions()
    # Instances share the cores: waiting threads of one would hold up another.
    instances = sum(group.get("count", 1) for group in config.get("instance_group", [])) or 1
    options.intra_op_num_threads = parameter("intra_op_thread_count", 0) or max(1, (os.cpu_count() or 1) // instances)
    options.inter_op_num_threads = parameter("inter_op_thread_count", 0) or 1
    if parameter("execution_mode", 0) == 1:
        options.execution_mode = onnxruntime.ExecutionMode.ORT_PARALLEL
    options.enable_cpu_mem_arena = parameter("enable_mem_arena", 1) != 0
    options.enable_mem_pattern = parameter("enable_mem_pattern", 1) != 0
    options.log_severity_level = 4
    level = int(config.get("optimization", {}).get("graph", {}).get("level", 0))
    options.graph_optimization_level = getattr(
        onnxruntime.GraphOptimizationLevel, GRAPH_LEVELS.get(level, "ORT_ENABLE_ALL")
    )
    providers = ["CPUExecutionProvider"]
    on_cpu = args["model_instance_kind"].replace("KIND_", "") == "CPU"
    if not on_cpu and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        device = {"device_id": int(args["model_instance_device_id"])}
        providers.insert(0, ("CUDAExecutionProvider", device))
    return onnxruntime.InferenceSession(model, options, providers=providers)


def batch_size(feed):
    return max((array.shape[0] for array in feed.values() if array.ndim), default=0)


def object_array(items, shape):
    array = numpy.empty(len(items), dtype=object)
    array[:] = items
    return array.reshape(shape)


def onnx_error(error):
    """`[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : words` as Triton's backend says it."""
    text = str(error)
    parts = text.split(" : ", 3)
    if len(parts) == 4 and parts[0].endswith("[ONNXRuntimeError]") and parts[1].isdigit():
        return f"onnx runtime error {parts[1]}: {parts[3]}"
    # The Python binding looks for missing inputs itself, where the library would answer with code 6.
    return f"onnx runtime error 6: {text}" if text.startswith("Required inputs (") else text
