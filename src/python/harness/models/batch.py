"""One call of `execute`: requests out of a frame, responses into frames."""

import asyncio
import threading
from time import perf_counter

from _triton_local import streams
from _triton_local.models import bls, failure, wire
from _triton_local.models.errors import ErrorCode
from _triton_local.models.request import InferenceRequest
from _triton_local.models.response import InferenceResponse


class Executor:
    """Runs batches of one model instance and sends the results."""

    def __init__(self, stream, inbox, files, model, options):
        self._stream = stream
        self._inbox = inbox
        self._files = files
        self._model = model
        self._decoupled = options["decoupled"]
        self._outputs = frozenset(options["outputs"])
        self._instance = options["instance"]
        self.model_name = options["name"]
        self.model_version = int(options["version"])
        self._loop = None

    def run(self, frame):
        frame = frame if isinstance(frame, bytearray) else bytearray(frame)
        head, at = wire.read_head(frame)
        tensors = wire.TensorReader(frame, at, self._files)
        requests = []
        for number, meta, outputs, inputs in head:
            names = self._outputs if outputs is None else outputs
            inputs = [tensors.take(one) for one in inputs]
            requests.append(InferenceRequest._received(number, meta, inputs, set(names), self))
        began = perf_counter()
        bls.allow(True)
        try:
            head, tensors = self._answers(requests, self._checked(requests, self._execute(requests)))
        except BaseException as error:  # SystemExit too: it fails the batch, not the process
            self._stream.leave_forked_child(error)
            text = str(error) if isinstance(error, _Refused) else failure.triton_text(error)
            if not isinstance(error, _Refused):
                self._log_failure(error)
            self._end(began, [[None, 1, [int(ErrorCode.INTERNAL), text], None, []]], None, wire.FAILED)
            return
        finally:
            bls.allow(self._decoupled)
            streams.finish_lines()
        self._stream.leave_forked_child()
        self._end(began, head, tensors, wire.RETURNED)

    def is_cancelled(self, number):
        return self._inbox.is_cancelled(number)

    def send(self, request, response, final):
        """Sends one response on behalf of a request's response sender."""
        tensors = wire.TensorWriter(self._files)
        head = [self._describe(request, response, final, tensors)]
        self._stream.send_model_frame(wire.RESPONSES, head, tensors, 0, 0.0)
        if final:
            self._inbox.forget(request._number)

    def _execute(self, requests):
        execute = self._model.execute
        if execute is None:
            raise _Refused("Python model %s does not implement `execute` method." % self._model.file)
        result = execute(requests)
        # Generators too, up to Python 3.11, as in Triton.
        if not asyncio.iscoroutine(result):
            return result
        if self._decoupled:
            # Responses are sent by their senders; the next batch may start meanwhile.
            asyncio.run_coroutine_threadsafe(self._finish(result, requests), self._background_loop())
            return None
        self._loop = self._loop or asyncio.new_event_loop()
        return self._loop.run_until_complete(result)

    async def _finish(self, coroutine, requests):
        try:
            if await coroutine is not None:
                raise _Refused(self._must_be_none())
            again = [self._again(request) for request in requests if request._reschedules]
            if again:
                self._stream.send_model_frame(wire.RESPONSES, again, wire.TensorWriter(self._files), 0, 0.0)
        except BaseException as error:
            text = str(error) if isinstance(error, _Refused) else failure.triton_text(error)
            if not isinstance(error, _Refused):
                self._log_failure(error)
            self._fail_open(requests, text)

    def _background_loop(self):
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="execute", daemon=True).start()
        return self._loop

    def _checked(self, requests, result):
        """The responses, one per request; None for requests that their senders answer."""
        if self._decoupled:
            if result is not None:
                raise _Refused(self._must_be_none())
            return [None] * len(requests)
        if not isinstance(result, list):
            raise _Refused("Expected a list in the execute return, found type '%s'." % type(result))
        if len(result) != len(requests):
            raise _Refused(
                "Number of InferenceResponse objects do not match the number of InferenceRequest objects. "
                "InferenceRequest(s) size is:%d, and InferenceResponse(s) size is:%d\n" % (len(requests), len(result))
            )
        for request, response in zip(requests, result):
            if request._reschedules and response is not None:
                raise _Refused(
                    "Expected a None object in the execute function return list for reschduled request, "
                    "found type '%s'." % type(response)
                )
            answered_later = response is None and request._sender is not None
            if not isinstance(response, InferenceResponse) and not answered_later and not request._reschedules:
                raise _Refused(
                    "Expected an 'InferenceResponse' object in the execute function return list, found type '%s'."
                    % type(response)
                )
        return result

    def _must_be_none(self):
        return (
            "Python model '%s' is using the decoupled mode and the execute function must return None." % self._instance
        )

    def _answers(self, requests, responses):
        """The head of a frame with these responses, and their tensors."""
        tensors = wire.TensorWriter(self._files)
        head = []
        for request, response in zip(requests, responses):
            if request._reschedules:
                head.append(self._again(request))
            elif response is not None:
                head.append(self._describe(request, response, True, tensors))
                self._inbox.forget(request._number)
        return head, tensors

    def _end(self, began, head, tensors, flags):
        milliseconds = (perf_counter() - began) * 1e3
        self._stream.send_model_frame(wire.RESPONSES, head, tensors, flags | wire.RETURNED, milliseconds)

    def _again(self, request):
        """Asks for the same request once more."""
        return [request._number, 2, None, None, []]

    def _describe(self, request, response, final, tensors):
        number, last = request._number, int(final)
        if response is None:
            return [number, last, None, None, None]
        if response._error is not None:
            return [number, last, [int(response._error.code()), response._error.message()], None, []]
        wanted = request._outputs
        outputs = [tensors.add(one) for one in response._outputs if one._name in wanted]
        return [number, last, None, response._parameters, outputs]

    def _fail_open(self, requests, text):
        tensors = wire.TensorWriter(self._files)
        head = [
            [request._number, 1, [int(ErrorCode.INTERNAL), text], None, []]
            for request in requests
            if request._sender is None or not request._sender._closed
        ]
        self._stream.send_model_frame(wire.RESPONSES, head, tensors, wire.FAILED, 0.0)

    def _log_failure(self, error):
        streams.finish_lines()
        file, line = failure.place(error, self._model.directory)
        self._stream.send_control(
            {"type": "executeFailed", "file": file, "line": line, "traceback": failure.traceback_text(error)}
        )


class _Refused(Exception):
    """`execute` returned something that is not an answer; the text is Triton's."""
