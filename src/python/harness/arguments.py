"""The arguments of `run()`: a request's input in the form that the script expects
(docs/reference/azureml.md#input-of-run)."""

import json
import re
from inspect import Parameter
from urllib.parse import unquote_to_bytes

from _triton_local import script
from _triton_local.request import environ_headers

_BOUNDARY = re.compile(r""";\s*boundary\s*=\s*"?[^";\s]""", re.IGNORECASE)


class Rejected(Exception):
    """Input that is refused before `run()` is called."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status
        self.message = message


class ArgumentReader:
    """Reads the arguments of a loaded script's `run()` from requests."""

    def __init__(self, loaded):
        self._parameters = loaded.parameters
        self._first = loaded.parameters[0].name
        self._takes_headers = loaded.takes_headers
        self._form = loaded.form

    def read(self, request, raw_input=None):
        """Returns the arguments by name; None for a method without input. `raw_input` is `@rawhttp`'s request object.
        Raises Rejected, and any error of reading the input."""
        found = self._read_input(request) if raw_input is None else {self._first: raw_input}
        if self._takes_headers and found is not None:
            found["request_headers"] = environ_headers(request)
        return found

    def _read_input(self, request):
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


def _read_text(request):
    if request.content_type and _is_form(request):
        return ""  # Flask has already read such a body as a form: nothing is left for the script
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
    """The query's parameters; values that are JSON are parsed, and repeated names become lists."""
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
    # Bytes that are not UTF-8 stay percent-encoded, as in werkzeug.
    text = raw.decode("utf-8", "surrogateescape")
    return "".join("%%%02X" % (ord(one) - 0xDC00) if 0xDC80 <= ord(one) <= 0xDCFF else one for one in text)


def _parse_value(text):
    try:
        return json.loads(text)
    except ValueError:
        return text
