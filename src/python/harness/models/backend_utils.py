"""Creates the module that models import as `triton_python_backend_utils`."""

import sys
from types import ModuleType

from _triton_local.models import bls, datatypes, errors, model_config, request, response, tensor
from _triton_local.models.logger import make_logger
from _triton_local.models.metrics import make_metric_family

NAME = "triton_python_backend_utils"


def install(stream, version_directory, instance, makes_metrics):
    """The module that `import triton_python_backend_utils` finds. Its classes are also in `c_python_backend_utils`,
    from which some models import them. While a configuration is completed, Triton's has no metrics."""
    module = ModuleType(NAME, "The Python side of Triton's Python backend.")
    module.__file__ = __file__
    classes = {
        "Tensor": tensor.Tensor,
        "InferenceRequest": request.InferenceRequest,
        "InferenceResponse": response.InferenceResponse,
        "PreferredMemory": request.PreferredMemory,
        "TritonError": errors.TritonError,
        "TritonModelException": errors.TritonModelException,
        "Logger": make_logger(stream),
        **({"MetricFamily": make_metric_family(stream, instance)} if makes_metrics else {}),
        "TRITONSERVER_MEMORY_CPU": request.MemoryType.TRITONSERVER_MEMORY_CPU,
        "TRITONSERVER_MEMORY_GPU": request.MemoryType.TRITONSERVER_MEMORY_GPU,
    }
    native_only = {
        "InferenceResponseSender": response.InferenceResponseSender,
        "InferenceTrace": request.InferenceTrace,
    }
    functions = {
        "ModelConfig": model_config.ModelConfig,
        "TRITONSERVER_REQUEST_FLAG_SEQUENCE_START": request.SEQUENCE_START,
        "TRITONSERVER_REQUEST_FLAG_SEQUENCE_END": request.SEQUENCE_END,
        "TRITONSERVER_RESPONSE_COMPLETE_FINAL": response.RESPONSE_COMPLETE_FINAL,
        "TRITONSERVER_REQUEST_RELEASE_ALL": request.RELEASE_ALL,
        "TRITONSERVER_REQUEST_RELEASE_RESCHEDULE": request.RELEASE_RESCHEDULE,
        "TRITON_STRING_TO_NUMPY": datatypes.TRITON_STRING_TO_NUMPY,
        "get_input_tensor_by_name": get_input_tensor_by_name,
        "get_output_tensor_by_name": get_output_tensor_by_name,
        "get_input_config_by_name": model_config.get_input_config_by_name,
        "get_output_config_by_name": model_config.get_output_config_by_name,
        "using_decoupled_model_transaction_policy": model_config.using_decoupled_model_transaction_policy,
        "triton_to_numpy_type": datatypes.triton_to_numpy_type,
        "numpy_to_triton_type": datatypes.numpy_to_triton_type,
        "triton_string_to_numpy": datatypes.triton_string_to_numpy,
        "serialize_byte_tensor": datatypes.serialize_byte_tensor,
        "deserialize_bytes_tensor": datatypes.deserialize_bytes_tensor,
        "get_model_dir": lambda: version_directory,
        "load_model": load_model,
        "unload_model": unload_model,
        "is_model_ready": is_model_ready,
    }
    for value in (*classes.values(), *native_only.values()):
        if isinstance(value, type):
            value.__module__ = "c_python_backend_utils"
    native = ModuleType("c_python_backend_utils", "The classes of Triton's Python backend.")
    vars(native).update({**classes, **native_only})
    vars(module).update({**classes, **functions})
    sys.modules["c_python_backend_utils"] = native
    sys.modules[NAME] = module


def get_input_tensor_by_name(inference_request, name):
    """The input of that name; None if the request has none."""
    return next((one for one in inference_request.inputs() if one.name() == name), None)


def get_output_tensor_by_name(inference_response, name):
    """The output of that name; None if there is none, or an error instead."""
    if inference_response.has_error():
        return None
    return next((one for one in inference_response.output_tensors() if one.name() == name), None)


def load_model(model_name, files=None, config=None):
    """Loads another model, with an override of its configuration (JSON text) and files (`file:PATH` to bytes)."""
    from base64 import b64encode

    encoded = {path: b64encode(content).decode("ascii") for path, content in (files or {}).items()}
    bls.call("load", model_name, {**encoded, **({} if config is None else {"config": config})})


def unload_model(model_name, unload_dependents=False):
    bls.call("unload", model_name, bool(unload_dependents))


def is_model_ready(model_name, model_version=""):
    if not isinstance(model_name, str) or not isinstance(model_version, str):
        given = (model_name, model_version) if model_version != "" else (model_name,)
        raise TypeError(
            "is_model_ready(): incompatible function arguments. The following argument types are supported:\n"
            "    1. (model_name: str, model_version: str = '') -> bool\n\nInvoked with: %s"
            % ", ".join(map(repr, given))
        )
    return bls.call("isReady", model_name, model_version)
