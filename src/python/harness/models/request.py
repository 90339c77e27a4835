"""One request, either received or made by a model to another model (BLS)."""

from enum import IntEnum

from _triton_local.models.arguments import refuse
from _triton_local.models.errors import TritonModelException
from _triton_local.models.response import InferenceResponseSender
from _triton_local.models.tensor import Tensor

SEQUENCE_START, SEQUENCE_END = 1, 2
RELEASE_ALL, RELEASE_RESCHEDULE = 1, 2

_SIGNATURE = (
    "InferenceRequest(request_id: str = '', correlation_id: object = 0, inputs: List[Tensor], "
    "requested_output_names: List[str], model_name: str, model_version: int = -1, flags: int = 0, timeout: int = 0, "
    "preferred_memory: PreferredMemory, trace: InferenceTrace, parameters: object = None)"
)


class MemoryType(IntEnum):
    TRITONSERVER_MEMORY_GPU = 0
    TRITONSERVER_MEMORY_CPU = 1


class PreferredMemory:
    """Where another model puts its outputs. Without a GPU there is only one place."""

    def __init__(self, preferred_memory_type, preferred_device_id=0):
        if not isinstance(preferred_memory_type, MemoryType):
            refuse("PreferredMemory(preferred_memory_type, preferred_device_id: int = 0)", preferred_memory_type)


class InferenceTrace:
    """For models that pass on the trace of a request; nothing is traced."""

    def get_context(self):
        return None


class InferenceRequest:
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
        )
        if wrong:
            refuse(_SIGNATURE, model_name, inputs, requested_output_names)
        if parameters is not None and not isinstance(parameters, dict):
            raise TritonModelException("Request parameters must be of type dict.")
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
    def received(cls, number, meta, inputs, outputs, batch):
        request = cls.__new__(cls)
        request._number = number
        request._id, request._correlation_id, request._flags, request._timeout, request._parameters = meta
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

        return dumps(self._parameters, separators=(",", ":"))

    def requested_output_names(self):
        return self._outputs

    def trace(self):
        self._trace = self._trace or InferenceTrace()
        return self._trace

    def preferred_memory(self):
        return PreferredMemory(MemoryType.TRITONSERVER_MEMORY_CPU)

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
