"""A `@rawhttp` script: what it finds in the request, and how it answers each method."""

import flask
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    pass


def everything(request):
    headers = [[name, value] for name, value in request.headers if name != "Host"]
    body = request.get_data().decode("latin1")
    return AMLResponse([request.method, request.full_path, headers, body], 200, json_str=True)


def environ(request):
    keys = ("REQUEST_METHOD", "QUERY_STRING", "PATH_INFO", "SCRIPT_NAME", "RAW_URI", "SERVER_PROTOCOL", "REMOTE_ADDR")
    keys += ("CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_COOKIE", "HTTP_EXPECT", "HTTP_TRANSFER_ENCODING", "wsgi.url_scheme")
    return [request.environ.get(key) for key in keys]


def files(request):
    return [request.form.to_dict(flat=False), {name: file.read().decode() for name, file in request.files.items()}]


ANSWERS = {
    "echo": everything,
    "environ": environ,
    "json": lambda request: request.get_json(),
    "silent json": lambda request: [request.get_json(silent=True)],
    "form": files,
    "args": lambda request: request.args.to_dict(flat=False),
    "cookies": lambda request: request.cookies.to_dict(),
    "data": lambda request: request.data.decode("latin1"),
    "stream": lambda request: request.stream.read(3).decode("latin1"),
    "values": lambda request: request.values.to_dict(),
    "url": lambda request: [request.path, request.url.partition("/score")[2], request.query_string.decode("latin1")],
    "auth": lambda request: [request.authorization and request.authorization.type],
    "accept": lambda request: [request.accept_mimetypes.best, request.accept_languages.best],
    "type": lambda request: [request.mimetype, request.mimetype_params, request.content_length, request.is_json],
    "is": lambda request: [isinstance(request._get_current_object(), AMLRequest), request.is_secure],
    "raise": lambda request: 1 // 0,
    "none": lambda request: None,
    "bytes": lambda request: b"abc",
    "204": lambda request: AMLResponse("", 204),
    "generator": lambda request: flask.Response(part for part in ("a", "b")),
    "no body": lambda request: flask.Response(status=200),
    "503": lambda request: AMLResponse("down", 503),
}


@rawhttp
def run(request):
    return ANSWERS.get(request.args.get("kind"), lambda request: "plain")(request)
