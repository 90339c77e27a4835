"""A model's answer, and the sender for answers that come later or more than once."""

from _triton_local.models.arguments import refuse
from _triton_local.models.errors import TritonError, TritonModelException
from _triton_local.models.tensor import Tensor

#: The last response of a request has been sent.
RESPONSE_COMPLETE_FINAL = 1

_SIGNATURE = (
    "InferenceResponse(output_tensors: List[c_python_backend_utils.Tensor] = [], "
    "error: c_python_backend_utils.TritonError = None, parameters: object = None)"
)


class InferenceResponse:
    """Output tensors, or an error. `parameters` (a dict, from release 25.x on) are sent to the client unchanged."""

    __slots__ = ("_outputs", "_error", "_parameters")

    def __init__(self, output_tensors=(), error=None, parameters=None):
        outputs = list(output_tensors)
        if not all(isinstance(one, Tensor) for one in outputs):
            refuse(_SIGNATURE, output_tensors)
        if error is not None and not isinstance(error, TritonError):
            refuse(_SIGNATURE, output_tensors, error)
        self._outputs = outputs
        self._error = error
        self._parameters = _checked(parameters)

    def output_tensors(self):
        return self._outputs

    def has_error(self):
        return self._error is not None

    def error(self):
        return self._error

    def parameters(self):
        from json import dumps

        return dumps(self._parameters or {})


def _checked(parameters):
    if parameters is None:
        return None
    if not isinstance(parameters, dict):
        raise TritonModelException("Response parameters must be of type dict.")
    for key, value in parameters.items():
        if not isinstance(key, str):
            raise TritonModelException("Response parameters keys must be of type str.")
        if not isinstance(value, (bool, int, float, str)):
            raise TritonModelException("Response parameters values must be of type bool, int, float or str.")
    return parameters


class InferenceResponseSender:
    """Sends the responses of one request, from any thread, until the final flag."""

    __slots__ = ("_request", "_send", "_closed")

    def __init__(self, request, send):
        self._request = request
        self._send = send
        self._closed = False

    def send(self, response=None, flags=0):
        if response is not None and not isinstance(response, InferenceResponse):
            refuse(
                "InferenceResponseSender.send(response: c_python_backend_utils.InferenceResponse = None, flags: int = 0)",
                response,
            )
        if flags not in (0, RESPONSE_COMPLETE_FINAL):
            raise TritonModelException("Unable to send response. Unsupported flag provided.")
        if response is None and flags == 0:
            raise TritonModelException(
                "Inference Response object must be provided when the response flags is set to zero."
            )
        if self._closed:
            raise TritonModelException("Unable to send response. Response sender has been closed.")
        if flags:
            self._closed = True
        self._send(self._request, response, bool(flags))

    def is_cancelled(self):
        return self._request.is_cancelled()

    def closed(self):
        """Whether the final flag was sent. Not part of the real surface."""
        return self._closed
