"""Tells the interfaces of ONNX models: paths as a JSON array on stdin, descriptions in the same order on stdout."""

import json
import sys

import onnxruntime

NAMES = {
    "float": "FP32",
    "double": "FP64",
    "float16": "FP16",
    "bfloat16": "BF16",
    "bool": "BOOL",
    "string": "STRING",
    **{f"{sign}int{bits}": f"{sign.upper()}INT{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}


def describe(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        parts = str(error).split(" : ", 3)
        known = len(parts) == 4 and parts[0].endswith("[ONNXRuntimeError]")
        return {"error": f"onnx runtime error {parts[1]}: {parts[3]}" if known else str(error)}
    return {
        "inputs": [tensor(one) for one in session.get_inputs()],
        "outputs": [tensor(one) for one in session.get_outputs()],
        "initializers": [tensor(one) for one in session.get_overridable_initializers()],
    }


# How onnxruntime writes types that are no tensors, and ONNX Runtime's names for them.
KINDS = {"seq": "SEQUENCE", "map": "MAP", "opaque": "OPAQUE", "sparse_tensor": "SPARSETENSOR", "optional": "OPTIONAL"}


def tensor(node):
    outer = node.type.split("(", 1)[0]
    if outer != "tensor":
        return {"name": node.name, "dataType": "TYPE_INVALID", "kind": KINDS.get(outer, "UNKNOWN")}
    kind = node.type[len("tensor(") : -1]
    shape = [size if isinstance(size, int) and size >= 0 else -1 for size in node.shape or []]
    return {"name": node.name, "dataType": "TYPE_" + NAMES.get(kind, "INVALID"), "shape": shape}


models = [describe(path) for path in json.load(sys.stdin)]
has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
json.dump({"hasCuda": has_cuda, "models": models}, sys.stdout)
