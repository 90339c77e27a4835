"""One request, either received or made by a model to another model (BLS)."""

from enum import IntEnum

from _triton_local.models import wire
from _triton_local.models.arguments import WrongArguments, constructor
from _triton_local.models.errors import TritonModelException
from _triton_local.models.response import InferenceResponseSender
from _triton_local.models.tensor import Tensor

SEQUENCE_START, SEQUENCE_END = 1, 2
RELEASE_ALL, RELEASE_RESCHEDULE = 1, 2

class MemoryType(IntEnum):
    TRITONSERVER_MEMORY_GPU = 0
    TRITONSERVER_MEMORY_CPU = 1

    def __str__(self):
        return "MemoryType.%s" % self.name


class PreferredMemory:
    """Where another model puts its outputs. Without a GPU there is only one place."""

    __module__ = "c_python_backend_utils"

    @constructor("PreferredMemory(preferred_memory_type: MemoryType, preferred_device_id: int = 0)")
    def __init__(self, preferred_memory_type, preferred_device_id=0):
        if not isinstance(preferred_memory_type, MemoryType) or not isinstance(preferred_device_id, int):
            raise WrongArguments


class InferenceTrace:
    """For models that pass on the trace of a request; nothing is traced."""

    __module__ = "c_python_backend_utils"

    def get_context(self):
        return None


_SIGNATURE = (
    "InferenceRequest(request_id: str = '', correlation_id: object = 0, "
    "inputs: List[triton::backend::python::PbTensor], requested_output_names: List[str], model_name: str, "
    "model_version: int = -1, flags: int = 0, timeout: int = 0, preferred_memory: "
    "c_python_backend_utils.PreferredMemory = %r, trace: c_python_backend_utils.InferenceTrace = %r, "
    "parameters: object = None)" % (PreferredMemory(MemoryType.TRITONSERVER_MEMORY_CPU), InferenceTrace())
)


class InferenceRequest:
    @constructor(_SIGNATURE)
    def __init__(
        self,
        request_id="",
        correlation_id=0,
        inputs=None,
        requested_output_names=None,
        model_name=None,
        model_version=-1,
        flags=0,
        timeout=0,
        preferred_memory=None,
        trace=None,
        parameters=None,
    ):
        wrong = (
            not isinstance(inputs, (list, tuple))
            or not all(isinstance(one, Tensor) for one in inputs)
            or isinstance(requested_output_names, str)
            or requested_output_names is None
            or not isinstance(model_name, str)
            or not isinstance(request_id, str)
            or not isinstance(correlation_id, (int, str))
            or not all(isinstance(number, int) for number in (model_version, flags, timeout))
            or timeout < 0
        )
        if wrong:
            raise WrongArguments
        _check_parameters(parameters)
        self._id = request_id
        self._correlation_id = correlation_id
        self._inputs = list(inputs)
        self._outputs = set(requested_output_names)
        self._model = model_name
        self._version = model_version
        self._flags = flags
        self._timeout = timeout
        self._trace = trace or InferenceTrace()
        self._parameters = parameters or {}
        # Of a received request: its number, the sender of its responses, and whether it is cancelled.
        self._number = None
        self._sender = None
        self._batch = None
        self._reschedules = False

    @classmethod
    def _received(cls, number, meta, inputs, outputs, batch):
        request = cls.__new__(cls)
        request._number = number
        request._id, correlation_id, request._flags, request._timeout, request._parameters = meta
        request._correlation_id = wire.read_correlation_id(correlation_id)
        request._inputs = inputs
        request._outputs = outputs
        request._model = batch.model_name
        request._version = batch.model_version
        request._trace = None
        request._sender = None
        request._batch = batch
        request._reschedules = False
        return request

    def inputs(self):
        return self._inputs

    def request_id(self):
        return self._id

    def correlation_id(self):
        return self._correlation_id

    def flags(self):
        return self._flags

    def set_flags(self, flags):
        self._flags = flags

    def timeout(self):
        return self._timeout

    def parameters(self):
        """JSON text."""
        if isinstance(self._parameters, str):
            return self._parameters
        from json import dumps

        return dumps(self._parameters)

    def requested_output_names(self):
        return self._outputs

    def trace(self):
        self._trace = self._trace or InferenceTrace()
        return self._trace

    def is_cancelled(self):
        return self._batch is not None and self._batch.is_cancelled(self._number)

    def get_response_sender(self):
        if self._batch is None:
            raise TritonModelException("Only a request that was received by `execute` has a response sender.")
        if self._sender is None:
            self._sender = InferenceResponseSender(self, self._batch.send)
        return self._sender

    def set_release_flags(self, flags):
        if flags not in (RELEASE_ALL, RELEASE_RESCHEDULE):
            raise TritonModelException("Unknown request release flag.")
        self._reschedules = flags == RELEASE_RESCHEDULE

    def exec(self, decoupled=False):
        """Runs another model. Returns the response, or for a decoupled model the responses one by one."""
        from _triton_local.models import bls

        return bls.run(self, decoupled)

    def async_exec(self, decoupled=False):
        """The same as an awaitable of the running event loop."""
        from _triton_local.models import bls

        return bls.run_async(self, decoupled)


def _check_parameters(parameters):
    if parameters is None:
        return
    if not isinstance(parameters, dict):
        raise TritonModelException("Expect N8pybind114dictE, got %s" % type(parameters))
    for key, value in parameters.items():
        if not isinstance(key, str):
            raise TritonModelException("Expect parameters keys to have type str, found type %s" % type(key))
        if not isinstance(value, (bool, int, str)):
            raise TritonModelException("Expect parameters values to have type bool/int/str, found type %s" % type(value))
