"""One request: its input for `run()`, the call, and the answer, each as the real scoring server has it.

Reference azureml.md 1.5 to 1.7. Scripts that have Flask loaded go through wsgi.py; the others through the short way
here, with the same texts and statuses.
"""

import json
import re
import sys
import time
from inspect import Parameter
from urllib.parse import unquote_to_bytes

from _triton_local import alarm, channel, dialect, reply_stream, script, streams

_BOUNDARY = re.compile(r""";\s*boundary\s*=\s*"?[^";\s]""", re.IGNORECASE)

#: Flags of a reply: x-ms-run-function-failed is sent; its value; run() returned; the body follows in pieces; the request
#: ended its handler, and the parent answers what gunicorn would.
FLAG_FAILED_SENT, FLAG_FAILED, FLAG_RETURNED, FLAG_STREAMED, FLAG_ABORTED = 1, 2, 4, 8, 16

_NOT_FAILED = FLAG_FAILED_SENT
_RETURNED = FLAG_FAILED_SENT | FLAG_RETURNED
_FAILED = FLAG_FAILED_SENT | FLAG_FAILED

#: A request that ended its handler, as `sys.exit()` does.
_ABORTED = (FLAG_ABORTED, 500, dialect.JSON, b"")


class Rejected(Exception):
    """Input that never reaches `run()`."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.message = message


class Request:
    """A request frame, opened as far as somebody asks."""

    __slots__ = ("method", "content_type", "body", "_head", "_opened")

    def __init__(self, frame):
        header = channel.HEADER_REQUEST
        _, _, method_length, type_length, head_length = header.unpack_from(frame)
        at = header.size
        self.method = str(frame[at : at + method_length], "latin-1")
        at += method_length
        self.content_type = str(frame[at : at + type_length], "utf-8")
        at += type_length
        self._head = frame[at : at + head_length]
        self._opened = None
        at += head_length
        self.body = frame[at:] if type(frame) is bytes else memoryview(frame)[at:]

    @property
    def mimetype(self):
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def target(self):
        return self._open()[0]

    @property
    def headers(self):
        """Names and values in the order they came."""
        return self._open()[1]

    @property
    def query(self):
        return self.target.partition("?")[2].partition("#")[0]

    def _open(self):
        if self._opened is None:
            self._opened = json.loads(bytes(self._head)) if self._head else ["/score", []]
        return self._opened


class Scoring:
    """Answers request frames with a loaded script."""

    def __init__(self, wire, loaded, timeout_ms, told_in):
        self._wire = wire
        self._run = loaded.run
        self._parameters = loaded.parameters
        self._first = loaded.parameters[0].name
        self._takes_headers = loaded.takes_headers
        self._form = loaded.form
        self._timeout_ms = timeout_ms
        self._alarm = alarm.Alarm(wire, timeout_ms, TimeoutError)
        self._gate = None
        self.dialect = told_in
        self.run_ms = 0.0

    def serve(self, frame):
        """Answers one frame; nothing that a script does in `run()` gets out of here."""
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
        """Calls `run()`. Returns (reply, None) for what ended before an output, else (None, output)."""
        try:
            arguments = {self._first: raw_input} if raw_input is not None else self._arguments(request)
            if self._takes_headers and arguments is not None:
                arguments["request_headers"] = environ_headers(request)
        except Rejected as rejection:
            return self.dialect.rejected(rejection, _NOT_FAILED), None
        except Exception as error:
            self.log_error(error)
            return self.dialect.internal(error, _NOT_FAILED), None
        if arguments is None:
            # OPTIONS is answered for the sake of CORS; every other method is refused.
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
        if has_flask():  # imported by this very call, perhaps for its answer
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

    def _arguments(self, request):
        """The arguments of `run()` by name; None for a method that has no input."""
        method = request.method
        if method == "POST":
            if self._form == script.PLAIN:
                return {self._first: _read_text(request)}
            return self._pick(_read_object(request))
        if method == "GET":
            values = read_query(request.query)
            return {self._first: json.dumps(values)} if self._form == script.PLAIN else self._pick(values)
        return None

    def _pick(self, values):
        picked = {}
        for parameter in self._parameters:
            value = values.get(parameter.name, parameter.default)
            if value is Parameter.empty:
                raise Rejected(400, "A value is not provided for the %r parameter." % parameter.name)
            picked[parameter.name] = value
        return picked

    def log_error(self, error):
        streams.finish_lines()
        streams.send_text(self._wire, channel.ERROR, script.format_error(error))


def has_flask():
    """Whether Flask is loaded: then an output may be a Response, and `run()` may look at `flask.request`."""
    return hasattr(sys.modules.get("flask"), "Flask")


def _read_text(request):
    if request.content_type and _is_form(request):
        return ""  # Flask reads such a body as a form before the script asks for it: nothing is left
    try:
        return str(request.body, "utf-8")
    except UnicodeDecodeError as error:
        raise Rejected(400, "Input cannot be decoded as UTF-8: %s" % error) from None


def _is_form(request):
    mimetype = request.mimetype
    if mimetype == "multipart/form-data":
        return _BOUNDARY.search(request.content_type) is not None
    return mimetype == "application/x-www-form-urlencoded"


def _read_object(request):
    mimetype = request.mimetype
    if mimetype != "application/json" and not (
        mimetype.startswith("application/") and mimetype.endswith("+json")
    ):
        raise Rejected(415, "Expects Content-Type to be application/json")
    body = bytes(request.body)
    try:
        values = json.loads(body)
    except json.JSONDecodeError as error:
        if not body:
            raise Rejected(400, "POST body is empty. Expecting a JSON dictionary.") from None
        raise Rejected(400, "POST body could not be decoded as JSON: %s" % error) from None
    if not isinstance(values, dict):
        raise Rejected(400, "POST body should be a JSON dictionary.")
    return values


def read_query(query):
    """The query's parameters; values are JSON where they can be, and repeated names become lists."""
    found = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.setdefault(_decode_query(name), []).append(_parse_value(_decode_query(value)))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _decode_query(text):
    raw = unquote_to_bytes(text.replace("+", " ").encode("latin-1", "replace"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_leniently(raw)


def _decode_leniently(raw):
    # Bytes that are no UTF-8 stay percent-encoded, as werkzeug leaves them.
    text = raw.decode("utf-8", "surrogateescape")
    return "".join("%%%02X" % (ord(one) - 0xDC00) if 0xDC80 <= ord(one) <= 0xDCFF else one for one in text)


def _parse_value(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def environ_headers(request):
    """Headers under the names that a WSGI server gives them, repeated ones joined, as `dict(request.headers)`."""
    found = {}
    for name, value in request.headers:
        if "_" in name:
            continue  # gunicorn drops them: they would be taken for names with a hyphen
        name = name.title()
        if name in found and name not in ("Content-Type", "Content-Length"):
            found[name] = "%s,%s" % (found[name], value)
        elif value or name not in ("Content-Type", "Content-Length"):
            found[name] = value
    return found
