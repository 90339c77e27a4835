"""Calls triton-local: one process of the command line for each verb, with JSON output."""

import json
import os
import subprocess
import sys
import tempfile

from azureml.exceptions import ModelNotFoundException, UserErrorException, WebserviceException

#: The variable in which `triton-local exec` passes its own command: a JSON list of program and arguments.
_VARIABLE = "TRITON_LOCAL_CLI"


class CliError(Exception):
    """A failed verb: the error as printed with `--json-errors`."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.hint = error.get("hint")
        place = error.get("file")
        self.place = place and (place if error.get("line") is None else "%s:%d" % (place, error["line"]))

    def exception(self):
        """The error as azureml-core raises it, followed by what azureml-core leaves out."""
        lines = [str(self)] + [line for line in (self.place and "at " + self.place, self.hint) if line]
        kind = {"MODEL_NOT_FOUND": ModelNotFoundException, "CONFIG_INVALID": UserErrorException}
        text = str(self)
        if text.startswith("You must provide an InferenceConfig"):
            return UserErrorException("\n".join(lines))
        return kind.get(self.code, WebserviceException)("\n".join(lines))


def run(*arguments):
    """Runs a verb and returns its parsed output, or `None` if there is none. Raises `CliError`."""
    result, _said = run_aloud(*arguments)
    return result


def run_aloud(*arguments):
    """The same, with the lines that the verb prints in addition to its result."""
    done = _ended(arguments)
    return (json.loads(done.stdout) if done.stdout.strip() else None), done.stderr.splitlines()


def text(*arguments):
    """Runs a verb and returns its output as text. Raises `CliError`."""
    return _ended(arguments).stdout


def _ended(arguments):
    command = os.environ.get(_VARIABLE)
    if not command:
        if "_triton_local.session" in sys.modules:
            raise RuntimeError("an entry script has no workspace here: Model.get_model_path finds its models")
        raise RuntimeError("the azureml of triton-local works below: npx triton-local exec -- python SCRIPT")
    done = subprocess.run(
        json.loads(command) + list(arguments) + ["--json-errors"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    if done.returncode != 0:
        raise CliError(_error_in(done.stderr.splitlines(), done))
    return done


def _error_in(said, done):
    try:
        return json.loads(said[-1])["error"]
    except (IndexError, KeyError, ValueError):
        return {"code": "INTERNAL", "message": done.stderr.strip() or "status %d" % done.returncode}


class JsonFile:
    """Writes a value to a temporary JSON file, for a flag that takes a file."""

    def __init__(self, value):
        self._value = value

    def __enter__(self):
        descriptor, self.path = tempfile.mkstemp(suffix=".json")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._value, file)
        return self.path

    def __exit__(self, *_exception):
        os.remove(self.path)


def labels(flag, pairs):
    """Tags or properties as flags."""
    return [part for key, value in (pairs or {}).items() for part in (flag, "%s=%s" % (key, value))]
