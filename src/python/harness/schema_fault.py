"""Finds the `@input_schema` that a request's body violates: its parameter and its line, for the log."""

import inspect
import traceback

_DECORATORS = "inference_schema.schema_decorators"


def describe(error, run):
    """A sentence, with the real package and with ours; None if the conversion is not at fault."""
    base = inspect.unwrap(run)
    code = getattr(base, "__code__", None)
    name = None
    for frame, _line in traceback.walk_tb(error.__traceback__):
        if frame.f_code is code:
            return None  # the body was converted, and the script failed
        if frame.f_globals.get("__name__") == _DECORATORS and "param_name" in frame.f_locals:
            name = frame.f_locals["param_name"]
    if code is None or not isinstance(name, str):
        return None
    return "the request's %r does not fit @input_schema(%r, ...) at %s:%d" % (
        name, name, code.co_filename, _line_of(name, base, code)
    )


def _line_of(name, function, code):
    """The line of this parameter's decorator, or of the first decorator if it is not found."""
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError):
        return code.co_firstlineno
    for number, line in enumerate(lines, first):
        if "input_schema" in line and ("'%s'" % name in line or '"%s"' % name in line):
            return number
    # The name may be on a later line of the call.
    calls = [number for number, line in enumerate(lines, first) if line.lstrip().startswith("@") and "input_schema" in line]
    return calls[0] if len(calls) == 1 else code.co_firstlineno
