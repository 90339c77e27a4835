"""Refuses arguments of a wrong type as the real module does: with the signature and the given arguments."""

import functools


class WrongArguments(TypeError):
    """Raised by a constructor that has looked at its arguments."""


def constructor(signature):
    """Decorates `__init__`: arguments that it cannot take, or will not, are refused with the signature."""

    def decorate(init):
        @functools.wraps(init)
        def __init__(self, *given, **named):
            try:
                init(self, *given, **named)
            except TypeError as error:
                is_from_inside = error.__traceback__.tb_next is not None
                if is_from_inside and not isinstance(error, WrongArguments):
                    raise
                raise _refusal(signature, given, named) from None

        return __init__

    return decorate


def _refusal(signature, given, named):
    shown = [", ".join(map(repr, given))] if given else []
    if named:
        shown.append("kwargs: " + ", ".join("%s=%r" % one for one in named.items()))
    return TypeError(
        "__init__(): incompatible constructor arguments. The following argument types are supported:\n"
        "    1. c_python_backend_utils.%s\n\nInvoked with: %s" % (signature, "; ".join(shown))
    )
