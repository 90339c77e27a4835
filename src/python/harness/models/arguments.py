"""Refuses arguments of a wrong type as the real module does: with the signature and the given arguments."""

import functools


class WrongArguments(TypeError):
    """Raised by a constructor or a function that has looked at its arguments."""


def constructor(signature):
    """Decorates `__init__`: arguments that it cannot take, or will not, are refused with the signature."""
    return _refusing("__init__(): incompatible constructor", "c_python_backend_utils." + signature, 1)


def function(signature):
    """The same for a function; `signature` begins with its name."""
    name, parenthesis, rest = signature.partition("(")
    return _refusing("%s(): incompatible function" % name, parenthesis + rest, 0)


def _refusing(what, signature, skipped):
    """@param skipped how many of the arguments the real module does not show: `self`"""

    def decorate(call):
        @functools.wraps(call)
        def checked(*given, **named):
            try:
                return call(*given, **named)
            except TypeError as error:
                is_from_inside = error.__traceback__.tb_next is not None
                if is_from_inside and not isinstance(error, WrongArguments):
                    raise
                raise _refusal(what, signature, given[skipped:], named) from None

        return checked

    return decorate


def _refusal(what, signature, given, named):
    shown = [", ".join(map(repr, given))] if given else []
    if named:
        shown.append("kwargs: " + ", ".join("%s=%r" % one for one in named.items()))
    return TypeError(
        "%s arguments. The following argument types are supported:\n    1. %s\n\nInvoked with: %s"
        % (what, signature, "; ".join(shown))
    )
