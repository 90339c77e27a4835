"""An exception of a model, as Triton reports it and as users want to read it."""

import os
import traceback

from _triton_local import sources


def triton_text(error):
    """`Type: message`, then the frames from the innermost on, as Triton's backend prints exceptions. Omits frames of
    this harness, which replaces Triton's C++."""
    text = summary(error)
    places = [] if _is_of_the_model_file(error) else _callers(error)
    if not places:
        return text
    return "%s\n\nAt:\n%s" % (text, "".join("  %s(%s): %s\n" % place for place in places))


def summary(error):
    return "%s: %s" % (type(error).__name__, str(error) or "<EMPTY MESSAGE>")


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


def _callers(error):
    """(file, line, function) of the innermost frame and of its callers up to the harness. Triton prints these, not the
    traceback: the lines are those where the frames stand when the exception has passed."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    frame = last and last.tb_frame
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    while frames and _is_plumbing(frames[-1].f_code):
        frames.pop()
    return [
        (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        for frame in frames
        if not _is_harness(frame.f_code.co_filename)
    ]


def _is_plumbing(code):
    return _is_harness(code.co_filename) or code.co_name in ("import_module", "_gcd_import")


def _is_harness(filename):
    return os.path.isabs(filename) and sources.is_harness(filename)


def _frames(error):
    """The frames of the traceback from the model's code on, the outermost first."""
    frames = list(traceback.extract_tb(error.__traceback__))
    while frames and (_is_harness(frames[0].filename) or frames[0].name in ("import_module", "_gcd_import")):
        frames.pop(0)
    return [frame for frame in frames if not _is_harness(frame.filename)]


def _is_of_the_model_file(error):
    """Whether a file could not be compiled, so that none of it ran."""
    return isinstance(error, SyntaxError) and not any(os.path.isabs(frame.filename) for frame in _frames(error))
