"""Requests for scripts that use Flask: `@rawhttp`, AMLResponse, `flask.request`. The script's own Flask does the work.
"""

import json
import os
import re
import sys
from io import BytesIO

from _triton_local import scoring
from _triton_local.request import environ_headers

#: gunicorn sends or drops these itself, and never sends trailers.
_NOT_PASSED_ON = {
    "connection",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "server",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
}
_FAILED_HEADER = "x-ms-run-function-failed"
_EXEC_HEADER = "x-ms-run-fn-exec-ms"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[ \t\x21-\x7e\x80-\xff]*")
_METHODS = ["GET", "POST", "OPTIONS", "HEAD"]


class Gate:
    """A Flask application with one route, through which requests reach `run()`."""

    def __init__(self, owner):
        import flask

        self._flask = flask
        self._owner = owner
        self._raw = False
        self._request = None
        # Flask searches for the package of this name unless every folder is given.
        name = "azureml_inference_server_http.server.create_app"
        instance_path = os.path.abspath("instance")
        app = flask.Flask(name, root_path=".", static_folder=None, instance_path=instance_path)
        app.add_url_rule("/score", "main.handle_score", self._view, methods=_METHODS, provide_automatic_options=False)
        app.register_error_handler(Exception, self._fail)
        self._app = app

    def answer(self, request, raw):
        """Makes the reply to a request in Flask's request context."""
        self._request, self._raw = request, raw
        environ = make_environ(request)
        try:
            status, headers, parts = self._call(environ)
        finally:
            self._request = None
        return _finish(request, status, headers, parts)

    def render(self, request, output):
        """Makes the reply for an output of a `run()` that was called outside of Flask."""
        if not isinstance(output, self._flask.Response):
            return self._owner.encode(output)
        self._complete(output)
        parts, status, headers = output.get_wsgi_response(make_environ(request))
        return _finish(request, status, headers, parts)

    def _view(self):
        reply, output = self._owner.invoke(self._request, self._flask.request if self._raw else None)
        if reply is None:
            if isinstance(output, self._flask.Response):
                self._complete(output)
                return output
            reply = self._owner.encode(output)
        return self._to_response(reply)

    def _fail(self, error):
        self._owner.log_error(error)
        told_in = self._owner.dialect
        if isinstance(error, sys.modules["werkzeug.exceptions"].HTTPException):
            return self._to_response(told_in.reply(error.code, error.description, scoring.FLAG_FAILED_SENT))
        return self._to_response(told_in.internal(error, scoring.FLAG_FAILED_SENT))

    def _to_response(self, reply):
        """Uses Flask nevertheless, so that the script's after-request functions run."""
        flags, status, headers, body = reply
        response = self._flask.Response(body, status=status, mimetype=None if headers else "application/json")
        response.headers[_FAILED_HEADER] = str(bool(flags & scoring.FLAG_FAILED))
        if flags & scoring.FLAG_RETURNED:
            self._add_time(response)
        return response

    def _complete(self, response):
        """Adds the server's part to a response of the script."""
        if response.status_code >= 500:
            response.headers[_FAILED_HEADER] = "True"
        self._add_time(response)
        if not response.is_streamed:
            response.calculate_content_length()  # the server logs the body, and turns it into a list for that

    def _add_time(self, response):
        response.headers.add(_EXEC_HEADER, "%.3f" % self._owner.run_ms)

    def _call(self, environ):
        started = []

        def start_response(status, headers, exc_info=None):
            started[:] = [status, headers]
            return lambda data: None

        parts = self._app.wsgi_app(environ, start_response)
        return started[0], started[1], parts


def _finish(request, status, headers, parts):
    """The reply for the result of a WSGI application: whole if it has a length, otherwise in pieces. Its headers lack
    only the ids."""
    told_length = any(name.lower() == "content-length" for name, _value in headers)
    if told_length and headers[-1][0].lower() == "content-length" and request.method != "HEAD":
        headers = headers[:-1]  # werkzeug's, which belongs after the ids; the parent sets the length of the body
    head = json.dumps([pair for pair in headers if _is_passed_on(*pair)]).encode("ascii")
    number = _read_status(status)
    if request.method != "HEAD" and not told_length and number not in (204, 304):
        return scoring.FLAG_STREAMED, number, head, parts
    try:
        body = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close:
            close()
    return 0, number, head, body


def _is_passed_on(name, value):
    # gunicorn refuses values that HTTP cannot carry: the answer is at fault.
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise ValueError("The header %r cannot be sent" % name)
    return name.lower() not in _NOT_PASSED_ON


def _read_status(status):
    number = status.split(" ", 1)[0]
    if not re.fullmatch(r"[0-9]{3}", number):
        raise ValueError("The status %r cannot be sent" % status)
    return int(number)


def make_environ(request):
    """The WSGI environment that gunicorn would pass for this request."""
    environ = {
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input": BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.url_scheme": "https" if _is_forwarded_securely(request) else "http",
        "SERVER_SOFTWARE": "gunicorn",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query,
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "0.0.0.0",
        "SERVER_PORT": "5001",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "0",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/score",
    }
    for name, value in environ_headers(request).items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key] = value
    return environ


def _is_forwarded_securely(request):
    """gunicorn's `secure_scheme_headers`, which it trusts from callers on its own machine."""
    sent = {name.upper(): value for name, value in request.headers}
    return any(sent.get(name) == value for name, value in _SECURE.items())


_SECURE = {"X-FORWARDED-PROTOCOL": "ssl", "X-FORWARDED-PROTO": "https", "X-FORWARDED-SSL": "on"}
