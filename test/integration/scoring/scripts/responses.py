"""A plain script that answers with the kind of HTTP response that the body names."""

import io
import json
import sys

import flask
from azureml.contrib.services.aml_response import AMLResponse


def chunks(*parts):
    yield from parts


def failing(*parts):
    yield from parts
    raise ValueError("while streaming")


def leaving():
    yield b"one"
    sys.exit(1)


def after():
    @flask.after_this_request
    def add(response):
        response.headers["X-After"] = "yes"
        return response

    return "plain"


def several_cookies():
    response = flask.Response("abc")
    response.set_cookie("a", "1", max_age=5, httponly=True)
    response.set_cookie("b", "x y")
    return response


def own(**headers):
    return flask.Response("abc", headers={name.replace("_", "-"): value for name, value in headers.items()})


RESPONSES = {
    "aml": lambda: AMLResponse("abc", 200),
    "aml bytes": lambda: AMLResponse(b"\x00\xff\x01", 200),
    "aml none": lambda: AMLResponse(None, 200),
    "aml none 500": lambda: AMLResponse(None, 500),
    "aml empty": lambda: AMLResponse("", 200),
    "aml json": lambda: AMLResponse({"a": 1}, 200, json_str=True),
    "aml json str": lambda: AMLResponse("abc", 200, json_str=True),
    "aml json none": lambda: AMLResponse(None, 200, json_str=True),
    "aml json list": lambda: AMLResponse([1, None, "\u00e9"], 200, {}, True),
    "aml json nan": lambda: AMLResponse(float("nan"), 200, json_str=True),
    "aml json bad": lambda: AMLResponse(b"x", 200, json_str=True),
    "aml unicode": lambda: AMLResponse("h\u00e9", 200),
    "aml list": lambda: AMLResponse(["a", "b"], 200),
    "aml int": lambda: AMLResponse(5, 200),
    "aml dict": lambda: AMLResponse({"a": 1}, 200),
    "aml generator": lambda: AMLResponse(chunks(b"a", b"b"), 200),
    "aml failed": lambda: AMLResponse("abc", 200, run_function_failed=True),
    "aml failed 500": lambda: AMLResponse("abc", 500, run_function_failed=False),
    "aml failed text": lambda: AMLResponse("abc", 200, run_function_failed="maybe"),
    "aml header": lambda: AMLResponse("abc", 200, {"X-One": "1"}),
    "aml repeated header": lambda: AMLResponse("abc", 200, {"X-One": "1, 2,3"}),
    "aml cookie": lambda: AMLResponse("abc", 200, {"Set-Cookie": "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT"}),
    "aml type": lambda: AMLResponse(b"png", 200, {"Content-Type": "image/png"}),
    "aml lower type": lambda: AMLResponse(b"png", 200, {"content-type": "image/png"}),
    "aml json type": lambda: AMLResponse({"a": 1}, 200, {"Content-Type": "application/x"}, json_str=True),
    "aml type with charset": lambda: AMLResponse("abc", 200, {"Content-Type": "text/plain; charset=latin-1"}),
    "aml type with comma": lambda: AMLResponse("abc", 200, {"Content-Type": "text/plain, text/html"}),
    "aml number header": lambda: AMLResponse("abc", 200, {"X-One": 1}),
    "aml length": lambda: AMLResponse("abc", 200, {"Content-Length": "2"}),
    "aml 201": lambda: AMLResponse("abc", 201),
    "aml 204": lambda: AMLResponse("abc", 204),
    "aml 301": lambda: AMLResponse("abc", 301, {"Location": "/elsewhere"}),
    "aml 400": lambda: AMLResponse("abc", 400),
    "aml 404": lambda: AMLResponse({"error": "no"}, 404, json_str=True),
    "aml 429": lambda: AMLResponse("slow down", 429, {"Retry-After": "3"}),
    "aml 499": lambda: AMLResponse("abc", 499),
    "aml 500": lambda: AMLResponse("abc", 500),
    "aml 502": lambda: AMLResponse("abc", 502),
    "aml 503": lambda: AMLResponse("abc", 503),
    "aml 599": lambda: AMLResponse("abc", 599),
    "aml 600": lambda: AMLResponse("abc", 600),
    "aml 999": lambda: AMLResponse("abc", 999),
    "aml text status": lambda: AMLResponse("abc", "418 short and stout"),
    "aml text status without reason": lambda: AMLResponse("abc", "418"),
    "aml word status": lambda: AMLResponse("abc", "broken"),
    "aml 99": lambda: AMLResponse("abc", 99),
    "aml subclass": lambda: type("Mine", (AMLResponse,), {})("abc", 200),
    "flask": lambda: flask.Response("abc"),
    "flask empty": lambda: flask.Response(),
    "flask bytes": lambda: flask.Response(b"\xff\x00", mimetype="application/octet-stream"),
    "flask json": lambda: flask.Response(json.dumps({"a": 1}), mimetype="application/json"),
    "flask text": lambda: flask.Response("h\u00e9", mimetype="text/plain"),
    "flask xml": lambda: flask.Response("<a/>", mimetype="application/xml"),
    "flask no type": lambda: flask.Response("abc", content_type=""),
    "flask jsonify": lambda: flask.jsonify(a=1, b="\u00e9"),
    "flask 201": lambda: flask.Response("abc", status=201),
    "flask 204": lambda: flask.Response(status=204),
    "flask 205": lambda: flask.Response(status=205),
    "flask 206": lambda: flask.Response("ab", status=206, headers={"Content-Range": "bytes 0-1/3"}),
    "flask 304": lambda: flask.Response("abc", status=304),
    "flask 404": lambda: flask.Response("abc", status=404),
    "flask 418": lambda: flask.Response("abc", status=418),
    "flask 451": lambda: flask.Response("abc", status=451),
    "flask 500": lambda: flask.Response("abc", status=500),
    "flask 503": lambda: flask.Response("abc", status=503, headers={"x-ms-run-function-failed": "False"}),
    "flask 500 marked": lambda: flask.Response("abc", status=500, headers={"X-Ms-Run-Function-Failed": "maybe"}),
    "flask marked": lambda: flask.Response("abc", headers={"x-ms-run-function-failed": "True"}),
    "flask marked oddly": lambda: flask.Response("abc", headers={"x-ms-run-function-failed": "maybe"}),
    "flask exec header": lambda: flask.Response("abc", headers={"x-ms-run-fn-exec-ms": "7"}),
    "flask ids": lambda: own(x_request_id="mine", x_ms_request_id="mine", x_ms_client_request_id="mine"),
    "flask trace id": lambda: own(TraceId="mine"),
    "flask server": lambda: own(Server="mine", Date="never", Connection="keep-alive"),
    "flask upgrade": lambda: own(Connection="upgrade", Upgrade="websocket"),
    "flask hop": lambda: own(Keep_Alive="timeout=5", Te="x", Trailers="y", Transfer_Encoding="chunked"),
    "flask trailer": lambda: own(Trailer="X-Sum"),
    "flask encoding": lambda: own(Content_Encoding="gzip"),
    "flask length": lambda: own(Content_Length="2"),
    "flask long length": lambda: own(Content_Length="9"),
    "flask etag": lambda: own(ETag='"x"', Cache_Control="no-store", Vary="Accept"),
    "flask empty header": lambda: own(X_Empty=""),
    "flask spaced header": lambda: own(X_Spaced="  a  b  "),
    "flask latin1 header": lambda: own(X_Latin="\u00e9"),
    "flask wide header": lambda: own(X_Wide="\u4e2d"),
    "flask tab header": lambda: own(X_Tab="a\tb"),
    "flask control header": lambda: own(X_Control="a\x01b"),
    "flask bad name": lambda: flask.Response("abc", headers={"X Bad": "1"}),
    "flask split": lambda: flask.Response("abc", headers=[("X-A", "b\r\nX-C: d")]),
    "flask long header": lambda: own(X_Long="x" * 9000),
    "flask many headers": lambda: flask.Response("abc", headers=[("X-%d" % n, str(n)) for n in range(150)]),
    "flask cookies": several_cookies,
    "flask redirect": lambda: flask.redirect("/elsewhere"),
    "flask made": lambda: flask.make_response(("abc", 201, {"X-One": "1"})),
    "flask tuple": lambda: ("abc", 201),
    "flask tuple of response": lambda: (flask.Response("abc"), 201),
    "flask file": lambda: flask.send_file(io.BytesIO(b"content"), mimetype="text/plain"),
    "flask attachment": lambda: flask.send_file(io.BytesIO(b"x"), as_attachment=True, download_name="a.bin"),
    "flask abort": lambda: flask.abort(404),
    "flask abort with response": lambda: flask.abort(flask.Response("mine", status=403)),
    "flask after": after,
    "flask global": lambda: [flask.request.path, flask.request.method, flask.request.get_data(as_text=True)],
    "flask url": lambda: [flask.request.url_rule.rule, flask.request.endpoint, flask.request.blueprint],
    "flask g": lambda: [hasattr(flask.g, "request_id"), sorted(flask.current_app.config)[:2]],
    "flask list": lambda: flask.Response(["a", "b"]),
    "flask generator": lambda: flask.Response(chunks("a", "b", "c")),
    "flask generator of bytes": lambda: flask.Response(chunks(b"\x00", b"\xff"), mimetype="audio/wav"),
    "flask generator, empty": lambda: flask.Response(chunks()),
    "flask generator of nothing": lambda: flask.Response(chunks("", "a", "", "b", "")),
    "flask generator of one": lambda: flask.Response(chunks("abc")),
    "flask generator, long": lambda: flask.Response(chunks(*["x" * 5000] * 20)),
    "flask generator, 201": lambda: flask.Response(chunks("a"), status=201, headers={"X-One": "1"}),
    "flask generator, 204": lambda: flask.Response(chunks("a"), status=204),
    "flask generator, 500": lambda: flask.Response(chunks("a"), status=500),
    "flask generator with length": lambda: flask.Response(chunks("abc"), headers={"Content-Length": "3"}),
    "flask events": lambda: flask.Response(chunks("data: 1\n\n", "data: 2\n\n"), mimetype="text/event-stream"),
    "flask generator that fails at once": lambda: flask.Response(failing()),
    "flask generator that fails": lambda: flask.Response(failing("a")),
    "flask generator that leaves": lambda: flask.Response(leaving()),
    "flask generator of numbers": lambda: flask.Response(chunks(1, 2)),
    "flask generator of text and numbers": lambda: flask.Response(chunks("a", 2)),
    "flask context": lambda: flask.Response(flask.stream_with_context(chunks("a", "b"))),
    "werkzeug": lambda: __import__("werkzeug").Response("abc"),
    "class": lambda: flask.Response,
    "dict": lambda: {"a": 1},
    "none": lambda: None,
    "text": lambda: "text",
    "bytes": lambda: b"abc",
    "raise": lambda: 1 // 0,
    "exit": sys.exit,
}


def init():
    pass


def run(data):
    return RESPONSES[data]()
