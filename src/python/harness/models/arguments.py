"""Refuses arguments of a wrong type as the real module does: with the signature and the given arguments."""


def refuse(signature, *given):
    shown = ", ".join(map(repr, given))
    raise TypeError(
        "incompatible constructor arguments. The following argument types are supported:\n"
        "    1. c_python_backend_utils.%s\n\nInvoked with: %s" % (signature, shown)
    )
