"""Requests that a model makes of other models of the same server, which Triton calls business logic scripting."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from _triton_local.models import wire
from _triton_local.models.errors import ErrorCode, TritonError, TritonModelException
from _triton_local.models.response import InferenceResponse

#: How many calls can wait at once in asyncio models; further ones start when others are answered.
_MAX_WAITING = 64


class _Server:
    """The connection to the server; set before the model is loaded."""

    stream = inbox = files = None
    #: What the model may do now: only `execute` may make calls.
    is_executing = False
    _executor = None

    @classmethod
    def executor(cls):
        cls._executor = cls._executor or ThreadPoolExecutor(_MAX_WAITING, thread_name_prefix="bls")
        return cls._executor


def connect(stream, inbox, files):
    _Server.stream, _Server.inbox, _Server.files = stream, inbox, files


def allow(allowed):
    _Server.is_executing = allowed


def run(request, decoupled):
    _require_execute()
    responses = _Responses(request, decoupled)
    if decoupled:
        return responses
    return responses.only()


def run_async(request, decoupled):
    loop = asyncio.get_running_loop()
    _require_execute()
    if decoupled:
        return loop.run_in_executor(_Server.executor(), lambda: _Responses(request, True))
    return loop.run_in_executor(_Server.executor(), lambda: _Responses(request, False).only())


def _require_execute():
    if not _Server.is_executing:
        raise TritonModelException("BLS is only supported during the 'execute' function.")


class _Responses:
    """The responses to one call, as they arrive. The iteration ends with the final one."""

    def __init__(self, request, decoupled):
        self._inbox = _Server.inbox
        self._call = self._inbox.open_call()
        self._ended = False
        tensors = wire.TensorWriter(_Server.files)
        inputs = [tensors.add(one) for one in request.inputs()]
        head = [
            self._call,
            request._model,
            request._version,
            request._id,
            request._correlation_id,
            request._flags,
            request._timeout,
            request.parameters(),
            sorted(request._outputs),
            decoupled,
            inputs,
        ]
        _Server.stream.send_model_frame(wire.CALL, head, tensors)

    def __iter__(self):
        return self

    def __next__(self):
        if self._ended:
            raise StopIteration
        head, frame, at = self._inbox.next_answer(self._call)
        _call, final, error, outputs = head
        if final:
            self._ended = True
            self._inbox.close_call(self._call)
        if error is not None:
            return InferenceResponse([], TritonError(error[1], ErrorCode(error[0])))
        tensors = wire.TensorReader(frame, at, _Server.files)
        return InferenceResponse([tensors.take(one) for one in outputs])

    def only(self):
        response = next(self)
        for _further in self:
            pass
        return response


def call(method, *arguments):
    """Makes one of the calls about a whole model. @return its result @raise TritonModelException"""
    inbox = _Server.inbox
    number = inbox.open_call()
    try:
        message = {"type": "call", "call": number, "method": method, "arguments": arguments}
        _Server.stream.send_control(message)
        result = inbox.next_answer(number)
    finally:
        inbox.close_call(number)
    if result.get("error") is not None:
        raise TritonModelException(result["error"])
    return result.get("value")
