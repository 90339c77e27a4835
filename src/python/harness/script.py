"""The entry script: how it is loaded, the forms of its `run()`, and how its faults are reported.

Follows the real scoring server (azureml-inference-server-http 1.5.1): module name, search path, order of the checks and
texts (docs/reference/azureml.md#input-of-run).
"""

import importlib.util
import inspect
import keyword
import os
import sys
import traceback
from types import ModuleType

from _triton_local import sources

PLAIN, SCHEMA, RAW = "plain", "schema", "rawhttp"

#: Modules with the mark of `@rawhttp`: the real one or ours (see shims.py), whichever the script imported.
_RAWHTTP_MODULES = ("azureml_inference_server_http.api.aml_request", "azureml.contrib.services.aml_request")


class ScriptError(Exception):
    """A script that the server refuses, because of `function` or `file`."""

    def __init__(self, message, function=None, file=None):
        super().__init__(message)
        self.function = function
        self.file = file


class Script:
    """`init`, `run`, the form of `run`'s input, and its parameters without `request_headers`."""

    def __init__(self, path):
        self.path = path
        module = _execute(path)
        for name in ("init", "run"):
            if not hasattr(module, name):
                raise ScriptError("User script at %s does not have a %s() function defined." % (path, name))
        self.init = module.init
        driven = getattr(module, "driver_module", None)
        # A generated driver calls the real script but does not declare its arguments: skip the driver's run().
        is_driver = isinstance(driven, ModuleType) and hasattr(driven, "run")
        self.run = driven.run if is_driver else module.run
        self.file = getattr(driven, "__file__", path) if is_driver else path
        self.takes_headers = False
        self.parameters = self._read_parameters()
        self.form = self._find_form()

    def _read_parameters(self):
        parameters = list(inspect.signature(self.run).parameters.values())
        if any(one.kind not in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD) for one in parameters):
            raise ScriptError("run() cannot accept positional-only arguments, *args, or **kwargs.", self.run)
        inputs = [one for one in parameters if one.name != "request_headers"]
        self.takes_headers = len(inputs) < len(parameters)
        if not inputs and self.takes_headers:
            raise ScriptError('run() needs to accept an argument other than "request_headers".', self.run)
        if not inputs:
            raise ScriptError("run() needs to accept an argument for input data.", self.run)
        return inputs

    def _find_form(self):
        raw = any(
            getattr(sys.modules.get(name), "_rawHttpRequested", False) for name in _RAWHTTP_MODULES
        )
        schema = _is_schema_decorated(self.run)
        if raw and schema:
            raise ScriptError("run() cannot be decorated with both @rawhttp and @input_schema", self.run)
        return RAW if raw else SCHEMA if schema else PLAIN

    def describe(self):
        """What the real server logs about the script."""
        if self.file == self.path:
            yield "Found user script at %s" % self.path
        else:
            yield "Found driver script at %s and the score script at %s" % (self.path, self.file)
        if self.form == RAW:
            yield "run() is decorated with @rawhttp. Server will invoke it with the flask request object."
        elif self.form == SCHEMA:
            yield (
                "run() is decorated with @input_schema. Server will invoke it with the following arguments: "
                + ", ".join(one.name for one in self.parameters)
                + "."
            )
        else:
            yield "run() is not decorated. Server will invoke it with the input in JSON string."


def _execute(path):
    loader = sources.FreshLoader("entry_module", path)
    spec = importlib.util.spec_from_file_location("entry_module", path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)  # and it is not put into sys.modules
    return module


def _is_schema_decorated(function):
    util = sys.modules.get("inference_schema.schema_util")
    return util is not None and util.is_schema_decorated(function)


def describe_failure(error, stage, entry_script, source_directory):
    """The facts of a failure: the message, the innermost location in the user's own files, Python's traceback."""
    file, line = _place_of(error, entry_script, source_directory)
    refused = isinstance(error, ScriptError)
    return {
        "type": "failed",
        "stage": stage,
        "refused": refused,
        "missing": not os.path.isfile(entry_script),
        "message": (str(error).splitlines() or [""])[-1] if refused else _headline(error),
        "module": error.name if isinstance(error, ModuleNotFoundError) else None,
        "cause": _cause_of(error, entry_script, source_directory),
        "file": file,
        "line": line,
        "traceback": "" if refused else format_error(error),
    }


def _headline(error):
    """The line that says what happened: the last one of a SyntaxError, after the code; otherwise the first with a text."""
    lines = [line for line in "".join(traceback.format_exception_only(type(error), error)).splitlines() if line.strip()]
    if isinstance(error, SyntaxError):
        return lines[-1]
    if lines[0].rstrip().endswith(":") and len(lines) > 1 and str(error)[:1].isspace():
        return "%s %s" % (lines[0].rstrip(), lines[1].strip())
    return lines[0]


def _cause_of(error, entry_script, source_directory):
    """For the hint, a fault that comes from how the server runs a script: its kind and a related name."""
    if isinstance(error, ModuleNotFoundError):
        return _misplaced(error.name or "", entry_script, source_directory)
    if isinstance(error, ImportError) and "relative import" in str(error):
        return {"kind": "relative-import", "name": None}
    if isinstance(error, SystemExit):
        files = [frame.f_code.co_filename for frame, _line in traceback.walk_tb(error.__traceback__)]
        parsed = any(os.path.basename(file) == "argparse.py" for file in files)
        return {"kind": "parsed-arguments" if parsed else "exit", "name": None}
    return None


def _misplaced(name, entry_script, source_directory):
    """A module next to a script whose folder is not on the search path, and how to import it, if possible."""
    own = os.path.dirname(entry_script)
    beside = os.path.join(own, *name.split("."))
    if not name or not (os.path.isfile(beside + ".py") or os.path.isdir(beside)):
        return None
    parts = os.path.relpath(beside, source_directory).split(os.sep)
    reachable = all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
    if reachable and not os.path.samefile(own, source_directory):
        # An installed package of the same first name, or Python's own `code`, precedes the user's folder.
        try:
            found = importlib.util.find_spec(parts[0])
        except (ImportError, ValueError):
            found = None
        places = list(found.submodule_search_locations or [found.origin]) if found else []
        reachable = any(place and sources.is_users(str(place), source_directory) for place in places)
    return {"kind": "beside-script", "name": ".".join(parts) if reachable else None}


def is_in_library(error):
    """Whether an error was raised in an installed library's own code."""
    file = None
    for frame, _line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
    return file is not None and os.path.isabs(file) and sources.is_installed(file)


def format_error(error):
    """Python's traceback of an error in the script, without the frames of this harness and of the import machinery."""
    trace = traceback.TracebackException.from_exception(error)
    _drop_own_frames(trace)
    return "".join(trace.format()).rstrip("\n")


def _drop_own_frames(trace):
    if trace is not None:
        own = [frame for frame in trace.stack if not _is_machinery(frame.filename)]
        trace.stack = traceback.StackSummary.from_list(own)
        _drop_own_frames(trace.__cause__)
        _drop_own_frames(trace.__context__)


def _is_machinery(file):
    return file.startswith("<frozen importlib") or sources.is_harness(file)


def _place_of(error, entry_script, source_directory):
    if isinstance(error, SyntaxError) and error.filename:
        if sources.is_users(error.filename, source_directory) or error.filename == entry_script:
            return error.filename, error.lineno or None
    if isinstance(error, ScriptError) and error.function is not None:
        code = getattr(inspect.unwrap(error.function), "__code__", None)
        return (code.co_filename, code.co_firstlineno) if code else (entry_script, None)
    found = (entry_script, None)
    if isinstance(error, ScriptError) and error.file is not None:
        found = (error.file, None)
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if sources.is_users(file, source_directory) or file == entry_script:
            found = (file, line)
    return found
