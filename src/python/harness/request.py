"""A request from its frame, and its headers with the names of a WSGI server."""

import json

from _triton_local import channel


class Request:
    """A request frame, which is decoded only as far as needed."""

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
        """Names and values in the order received."""
        return self._open()[1]

    @property
    def query(self):
        return self.target.partition("?")[2].partition("#")[0]

    def _open(self):
        if self._opened is None:
            self._opened = json.loads(bytes(self._head)) if self._head else ["/score", []]
        return self._opened


def environ_headers(request):
    """Headers with the names of a WSGI server, repeated ones joined, as in `dict(request.headers)`."""
    found = {}
    for name, value in request.headers:
        if "_" in name:
            continue  # gunicorn drops them, since they would be mistaken for names with a hyphen
        name = name.title()
        if name in found and name not in ("Content-Type", "Content-Length"):
            found[name] = "%s,%s" % (found[name], value)
        elif value or name not in ("Content-Type", "Content-Length"):
            found[name] = value
    return found
