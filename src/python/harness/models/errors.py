"""What a model raises, or answers instead of tensors."""

from enum import IntEnum

from _triton_local.models.arguments import refuse


class TritonModelException(Exception):
    """A failure that the backend or a model reports."""


class ErrorCode(IntEnum):
    UNKNOWN = 0
    INTERNAL = 1
    NOT_FOUND = 2
    INVALID_ARG = 3
    UNAVAILABLE = 4
    UNSUPPORTED = 5
    ALREADY_EXISTS = 6
    CANCELLED = 7

    def __str__(self):
        return "__ErrorCode.%s" % self.name

    def __repr__(self):
        return "<%s: %d>" % (self, self.value)


class TritonError:
    """An error instead of a response; its code determines the status of the client's answer."""

    UNKNOWN = ErrorCode.UNKNOWN
    INTERNAL = ErrorCode.INTERNAL
    NOT_FOUND = ErrorCode.NOT_FOUND
    INVALID_ARG = ErrorCode.INVALID_ARG
    UNAVAILABLE = ErrorCode.UNAVAILABLE
    UNSUPPORTED = ErrorCode.UNSUPPORTED
    ALREADY_EXISTS = ErrorCode.ALREADY_EXISTS
    CANCELLED = ErrorCode.CANCELLED

    __slots__ = ("_message", "_code")

    def __init__(self, message, code=ErrorCode.INTERNAL):
        if not isinstance(message, str) or not isinstance(code, ErrorCode):
            refuse("TritonError(message: str, code: TritonError.ErrorCode = TritonError.INTERNAL)", message, code)
        self._message = message
        self._code = code

    def code(self):
        return self._code

    def message(self):
        return self._message
