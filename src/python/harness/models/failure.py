"""An exception of a model, as Triton reports it and as users want to read it."""

import os
import traceback

from _triton_local import sources


def triton_text(error):
    """`Type: message`, then the frames from the innermost on, as Triton's backend prints exceptions. Omits frames of
    this harness, which replaces Triton's C++."""
    text = summary(error)
    frames = [] if _is_of_the_model_file(error) else _frames(error)
    if not frames:
        return text
    lines = ["  %s(%s): %s\n" % (frame.filename, frame.lineno, frame.name) for frame in reversed(frames)]
    return "%s\n\nAt:\n%s" % (text, "".join(lines))


def summary(error):
    return "%s: %s" % (type(error).__name__, error)


def traceback_text(error):
    """Python's own traceback without frames of this harness."""
    frames = [frame for frame in _frames(error) if not frame.filename.startswith("<frozen ")]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
    return "".join([*lines, *traceback.format_exception_only(type(error), error)]).rstrip("\n")


def place(error, directory):
    """(file, line) of the innermost frame in the model's folder, or of a syntax error there; (None, None) elsewhere."""
    if isinstance(error, SyntaxError) and error.filename and sources.is_users(error.filename, directory):
        return error.filename, error.lineno
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if sources.is_users(frame.filename, directory):
            return frame.filename, frame.lineno
    return None, None


def _frames(error):
    """The frames from the model's code on, outermost first. Triton's also begin inside the import."""
    frames = list(traceback.extract_tb(error.__traceback__))
    while frames and ((os.path.isabs(frames[0].filename) and sources.is_harness(frames[0].filename)) or frames[0].name in ("import_module", "_gcd_import")):
        frames.pop(0)
    return [frame for frame in frames if not (os.path.isabs(frame.filename) and sources.is_harness(frame.filename))]


def _is_of_the_model_file(error):
    """Whether a file could not be compiled, so that none of it ran."""
    return isinstance(error, SyntaxError) and not any(os.path.isabs(frame.filename) for frame in _frames(error))
