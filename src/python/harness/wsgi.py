"""Requests for scripts that know Flask: `@rawhttp`, AMLResponse, `flask.request`. The script's own Flask does the work.
"""

import json
import os
import sys
from io import BytesIO

from _triton_local import scoring

#: gunicorn sends or drops these by itself.
_NOT_PASSED_ON = {
    "connection",
    "date",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "server",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
}
_FAILED_HEADER = "x-ms-run-function-failed"
_METHODS = ["GET", "POST", "OPTIONS", "HEAD"]


class Gate:
    """A Flask application with the one route, through which requests reach `run()`."""

    def __init__(self, owner):
        import flask

        self._flask = flask
        self._owner = owner
        self._raw = False
        self._request = None
        self._returned = 0
        # Flask searches for the package of this name unless it is told every folder.
        name = "azureml_inference_server_http.server.create_app"
        instance_path = os.path.abspath("instance")
        app = flask.Flask(name, root_path=".", static_folder=None, instance_path=instance_path)
        app.add_url_rule("/score", "main.handle_score", self._view, methods=_METHODS, provide_automatic_options=False)
        app.register_error_handler(Exception, self._fail)
        self._app = app

    def answer(self, request, raw):
        """The reply to a request, made in Flask's request context."""
        self._request, self._raw, self._returned = request, raw, 0
        environ = make_environ(request)
        try:
            status, headers, parts = self._call(environ)
        finally:
            self._request = None
        return _finish(request, self._returned, status, headers, parts)

    def render(self, request, output):
        """The reply for an output of `run()` that was called outside of Flask."""
        if not isinstance(output, self._flask.Response):
            return self._owner.encode(output)
        _mark_failure(output)
        parts, status, headers = output.get_wsgi_response(make_environ(request))
        return _finish(request, scoring.FLAG_RETURNED, status, headers, parts)

    def _view(self):
        reply, output = self._owner.invoke(self._request, self._flask.request if self._raw else None)
        if reply is None:
            if isinstance(output, self._flask.Response):
                _mark_failure(output)
                self._returned = scoring.FLAG_RETURNED
                return output
            reply = self._owner.encode(output)
        return self._to_response(reply)

    def _fail(self, error):
        self._owner.log_error(error)
        status, message = 500, scoring.INTERNAL
        if isinstance(error, sys.modules["werkzeug.exceptions"].HTTPException):
            status, message = error.code, error.description
        return self._to_response(scoring.error_reply(status, message, scoring.FLAG_FAILED_SENT))

    def _to_response(self, reply):
        """Through Flask all the same: what the script has asked to be done after the request is done."""
        flags, status, headers, body = reply
        self._returned = flags & scoring.FLAG_RETURNED
        response = self._flask.Response(body, status=status, mimetype=None if headers else "application/json")
        response.headers[_FAILED_HEADER] = str(bool(flags & scoring.FLAG_FAILED))
        return response

    def _call(self, environ):
        started = []

        def start_response(status, headers, exc_info=None):
            started[:] = [status, headers]
            return lambda data: None

        parts = self._app.wsgi_app(environ, start_response)
        return started[0], started[1], parts


def _finish(request, flags, status, headers, parts):
    """The reply for what a WSGI application gives: whole where it tells its length, else in pieces."""
    kept, told_length = [], None
    for name, value in headers:
        lower = name.lower()
        if lower == "content-length":
            told_length = value
        elif lower == _FAILED_HEADER and not flags & scoring.FLAG_FAILED_SENT and value in ("True", "False"):
            flags |= scoring.FLAG_FAILED_SENT | (scoring.FLAG_FAILED if value == "True" else 0)
        elif lower not in _NOT_PASSED_ON:
            value.encode("latin-1")  # what HTTP cannot carry is a fault of the answer
            kept.append((name, value))
    number = int(status.split(" ", 1)[0])
    if request.method == "HEAD":
        kept.extend([("Content-Length", told_length)] if told_length is not None else [])
    elif told_length is None and number not in (204, 304):
        return flags | scoring.FLAG_STREAMED, number, _encode(kept), parts
    try:
        body = b"".join(parts)
    finally:
        close = getattr(parts, "close", None)
        if close:
            close()
    return flags, number, _encode(kept), body


def _encode(headers):
    return json.dumps(headers).encode("ascii")


def _mark_failure(response):
    if response.status_code >= 500:
        response.headers[_FAILED_HEADER] = "True"


def make_environ(request):
    """The WSGI environment that gunicorn would give for this request."""
    environ = {
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input": BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.url_scheme": "http",
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
    for name, value in scoring.environ_headers(request).items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key] = value
    return environ
