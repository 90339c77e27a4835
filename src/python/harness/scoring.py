"""One request: the call of `run()` and the answer, as in the real scoring server.

The answers: docs/reference/azureml.md#output-of-run and docs/reference/azureml.md#failures. Scripts that have loaded
Flask use wsgi.py; the others take the short path here, with the same texts and statuses.
"""

import json
import sys
import time

from _triton_local import alarm, channel, dialect, reply_stream, schema_fault, script, streams
from _triton_local.arguments import ArgumentReader, Rejected
from _triton_local.request import Request

#: Flags of a reply: x-ms-run-function-failed is sent; its value; run() returned; the body follows in pieces; the request
#: ended its handler, and the parent answers what gunicorn would.
FLAG_FAILED_SENT, FLAG_FAILED, FLAG_RETURNED, FLAG_STREAMED, FLAG_ABORTED = 1, 2, 4, 8, 16

_NOT_FAILED = FLAG_FAILED_SENT
_RETURNED = FLAG_FAILED_SENT | FLAG_RETURNED
_FAILED = FLAG_FAILED_SENT | FLAG_FAILED

#: A script that ended its handler, as `sys.exit()` does.
_ABORTED = (FLAG_ABORTED, 500, dialect.JSON, b"")


class Scoring:
    """Answers request frames with a loaded script."""

    def __init__(self, wire, loaded, timeout_ms, told_in):
        self._wire = wire
        self._run = loaded.run
        self._read_arguments = ArgumentReader(loaded).read
        self._form = loaded.form
        self._timeout_ms = timeout_ms
        self._alarm = alarm.Alarm(wire, timeout_ms, TimeoutError)
        self._gate = None
        self.dialect = told_in
        self.run_ms = 0.0

    def serve(self, frame):
        """Answers one frame; no exception of `run()` escapes."""
        request = Request(frame)
        self.run_ms = 0.0
        try:
            if self._form == script.RAW or has_flask():
                reply = self._through_flask(request)
            else:
                reply = self._answer(request)
            if reply[0] & FLAG_STREAMED:
                self._stream(reply)
                return
        except BaseException as error:  # SystemExit and KeyboardInterrupt of the script, and a bad Response
            self.log_error(error)
            reply = _ABORTED
        streams.finish_lines()
        self._send(reply)

    def _send(self, reply):
        flags, status, headers, body = reply
        self._wire.send_reply(flags, status, self.run_ms, headers, body)

    def _stream(self, reply):
        flags, status, headers, parts = reply
        head = (flags, status, headers, b"")
        reply_stream.send(self._wire, lambda: self._send(head), parts, self.log_error)

    def invoke(self, request, raw_input=None):
        """Calls `run()`. Returns (reply, None) if it ended without an output, otherwise (None, output)."""
        try:
            arguments = self._read_arguments(request, raw_input)
        except Rejected as rejection:
            return self.dialect.rejected(rejection, _NOT_FAILED), None
        except Exception as error:
            self.log_error(error)
            return self.dialect.internal(error, _NOT_FAILED), None
        if arguments is None:
            # OPTIONS is answered for CORS; every other method is refused.
            if request.method == "OPTIONS" and self.dialect.answers_options:
                return (_NOT_FAILED, 200, dialect.HTML, b""), None
            return self.dialect.reply(405, "Method not allowed", _NOT_FAILED), None
        try:
            started = time.perf_counter()
            try:
                self._alarm.set()
                output = self._run(**arguments)
            finally:
                self.run_ms = (time.perf_counter() - started) * 1e3
                self._alarm.clear()
            return None, output
        except TimeoutError as error:
            self.log_error(error)
            return self.dialect.reply(500, "Scoring timeout after %d ms" % self._timeout_ms, _FAILED), None
        except Exception as error:
            self.log_error(error)
            return self.dialect.script_failed(error, _FAILED), None

    def encode(self, output):
        """The reply for an output that is not an HTTP response already."""
        try:
            body = b"{}" if output is None else json.dumps(output).encode("ascii")
        except Exception as error:
            self.log_error(error)
            return self.dialect.internal(error, _NOT_FAILED)
        return _RETURNED, 200, dialect.JSON, body

    def _answer(self, request):
        reply, output = self.invoke(request)
        if reply is not None:
            return reply
        if has_flask():  # imported by this call, perhaps for its answer
            return self._open_gate().render(request, output)
        return self.encode(output)

    def _through_flask(self, request):
        return self._open_gate().answer(request, self._form == script.RAW)

    def _open_gate(self):
        if self._gate is None:
            from _triton_local import wsgi

            self._gate = wsgi.Gate(self)
            self._wire.send_control({"type": "wantsHead"})
        return self._gate

    def log_error(self, error):
        streams.finish_lines()
        text = script.format_error(error)
        fault = schema_fault.describe(error, self._run) if self._form == script.SCHEMA else None
        streams.send_text(self._wire, channel.ERROR, text if fault is None else "%s\n%s" % (text, fault))


def has_flask():
    """Whether Flask is loaded: if so, an output may be a Response, and `run()` may use `flask.request`."""
    return hasattr(sys.modules.get("flask"), "Flask")
