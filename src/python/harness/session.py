"""From a new process to a serving one: the environment, the script's import and `init()`, then requests."""

import os
import sys
import time

from _triton_local import alarm, channel, collected, debugger, dialect, logging_file, redirect, scoring, script, shims
from _triton_local import sources, streams, swagger
from _triton_local import collected_library, wsgi  # noqa: F401  (imported early: no module of ours is searched for later)

_TREE_LINES = 200
_SOURCE_BYTES = 8 << 20


class InitTimeout(BaseException):
    """Ends an import or `init()` that takes too long; `except Exception` does not catch it."""


def start(wire, options, preloaded):
    """Loads the script, runs `init()` and reports the result to the parent. Returns the function that answers request
    frames, or None if this process is of no further use."""
    began = time.perf_counter()
    entry_script, directory = options["entryScript"], options["sourceDirectory"]
    stage, known = "import", None
    try:
        _enter(options, entry_script, directory)
        logging_file.load(wire, directory, entry_script)
        if options["debug"]:
            debugger.wait_for_editor(wire)
        elif os.environ.get("AZUREML_DEBUG_PORT"):
            debugger.connect_to_editor(os.environ["AZUREML_DEBUG_PORT"])
        known = _Surroundings()
        service = swagger.service_from(os.environ)
        with alarm.limit(wire, options["initTimeoutMs"], InitTimeout()):
            loaded = script.Script(entry_script)
            stage = "check"
            if preloaded and known.were_changed():
                wire.send_control({"type": "unsuitable"})
                return None
            stage = "init"
            for line in loaded.describe():
                wire.send_log(channel.DEBUG, channel.WORKER, line)
            loaded.init()
        stage = "check"
        described = swagger.describe(loaded.run, directory, service)
        if preloaded and known.were_changed():
            wire.send_control({"type": "unsuitable"})
            return None
    except BaseException as error:  # SystemExit too: if the script exits, the start has failed
        streams.finish_lines()
        if preloaded and (known is None or known.were_changed() or script.is_in_library(error)):
            # The libraries imported ahead of the script may be at fault; a new process will show.
            wire.send_control({"type": "unsuitable"})
            return None
        if isinstance(error, InitTimeout):
            stage = "timeout"
        failure = script.describe_failure(error, stage, entry_script, directory)
        failure["tree"] = _model_directory() if stage == "init" else []
        wire.send_control(failure)
        return None
    streams.finish_lines()
    told_in = dialect.Of2021() if options.get("dialect") == "2021" else dialect.Current()
    serve = scoring.Scoring(wire, loaded, options["scoringTimeoutMs"], told_in).serve
    wire.send_control(
        {
            "type": "ready",
            "initMs": (time.perf_counter() - began) * 1e3,
            "form": loaded.form,
            "alarm": alarm.SUPPORTED,
            "wantsHead": loaded.form == script.RAW or loaded.takes_headers or scoring.has_flask(),
            "swagger": described,
            "modules": [] if known.were_changed() else _installed_modules(),
            "sources": _own_sources(),
        }
    )
    return serve


def _enter(options, entry_script, directory):
    os.chdir(directory)
    os.environ.update(options["environment"])
    # A script that parses the command line sees the server's, in the cloud and here.
    sys.argv = [sys.argv[0], *_server_arguments()]
    sources.install()
    sources.FreshLoader.given = {
        path: text.encode("utf-8", "surrogateescape") for path, text in options.get("sources", {}).items()
    }
    # At the end, as in the real server: an installed package wins over a file of the same name.
    for entry in (directory, _source_subdirectory(directory)):
        if entry and entry not in sys.path:
            sys.path.append(entry)
    shims.install()
    collected.install(options["dataDirectory"])
    if options.get("engineHost"):
        redirect.install(options["engineHost"], options["enginePort"])


def _server_arguments():
    bind, workers = "0.0.0.0:" + os.environ["SERVER_PORT"], os.environ["WORKER_COUNT"]
    timeout = os.environ.get("WORKER_TIMEOUT", "300")
    logs = ["--access-logfile", "-", "--error-logfile", "/dev/null"]
    return ["-b", bind, "-w", workers, "--timeout", timeout, *logs, "azureml_inference_server_http.server.entry:app"]


def _source_subdirectory(directory):
    below = os.environ.get("AZUREML_SOURCE_DIRECTORY")
    return os.path.join(directory, below) if below else None


class _Surroundings:
    """What a library may read while it is imported. A script that changes it before its imports needs a process that
    has not imported them ahead of time."""

    def __init__(self):
        self._environ = dict(os.environ)
        self._path = list(sys.path)
        self._top = {name.partition(".")[0] for name in sys.modules}

    def were_changed(self):
        if dict(os.environ) != self._environ:
            return True
        monkey = sys.modules.get("gevent.monkey")
        if monkey is not None and monkey.saved:
            return True
        return any(self._shadows(entry) for entry in sys.path[: -len(self._path)])

    def _shadows(self, entry):
        if entry in self._path:
            return False
        try:
            return any(name.partition(".")[0] in self._top for name in os.listdir(entry or os.curdir))
        except OSError:
            return False


def _installed_modules():
    """Names of the libraries loaded by now, which the next generation's spares import ahead."""
    names = []
    for name, module in list(sys.modules.items()):
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if isinstance(origin, str) and os.path.isabs(origin) and sources.is_installed(origin):
            if name != "__main__" and module.__spec__.name == name:
                names.append(name)
    return names


def _own_sources():
    """The user's own modules as they were read, so that a restarted worker serves the same generation."""
    read = sources.FreshLoader.read
    if sum(map(len, read.values())) > _SOURCE_BYTES:
        return {}
    return {path: data.decode("utf-8", "surrogateescape") for path, data in read.items() if path.endswith(".py")}


def _model_directory():
    root = os.environ.get("AZUREML_MODEL_DIR")
    if not root or not os.path.exists(root):
        return []
    lines = []
    for line in _tree(os.path.normpath(root), 0):
        if len(lines) == _TREE_LINES:
            lines.append("Output Truncated. First %d lines shown." % _TREE_LINES)
            break
        lines.append(line)
    return lines


def _tree(path, depth):
    indent = " " * 4 * depth
    if not os.path.isdir(path):
        yield indent + os.path.basename(path)
        return
    yield indent + os.path.basename(path) + os.sep
    if depth < 32:
        for name in sorted(os.listdir(path)):
            yield from _tree(os.path.join(path, name), depth + 1)
