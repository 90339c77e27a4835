"""Refuses arguments of a wrong type as the real module does: with the signature and what was given."""


def refuse(signature, *given, **named):
    shown = [", ".join(map(repr, given))] if given else []
    if named:
        shown.append("kwargs: " + ", ".join("%s=%r" % one for one in named.items()))
    raise TypeError(
        "__init__(): incompatible constructor arguments. The following argument types are supported:\n"
        "    1. c_python_backend_utils.%s\n\nInvoked with: %s" % (signature, "; ".join(shown))
    )
