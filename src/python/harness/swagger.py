"""The parts of `/swagger.json`: the schemas of a decorated `run()`, and descriptions that the user wrote.

Schemas are sent as JSON text, since they may contain what only Python's json handles (NaN, integers of 64 bits).
"""

import json
import os
import sys

from _triton_local import script

#: Versions by the names that the server lists, with the names of the user's files (docs/reference/azureml.md#swagger).
_FILES = {"2": ("swagger.json", "swagger2.json"), "3": ("swagger3.json",), "3.1": ("swagger3.1.json",)}
_NAMES_IN_SCHEMA = {"2": "2.0", "3": "3.0", "3.1": "3.1"}
_UNDECORATED = {"type": "object", "example": {}}


def service_from(environ):
    """Title, version and path prefix, read before the script can change them."""
    prefix = environ.get("SERVICE_PATH_PREFIX", "").strip("/")
    return {
        "name": environ.get("SERVICE_NAME", "ML service"),
        "version": environ.get("SERVICE_VERSION", "1.0"),
        "pathPrefix": "/" + prefix if prefix else "",
    }


def describe(run, directory, service):
    """Read after `init()`, in which generated drivers write the files."""
    util = sys.modules.get("inference_schema.schema_util")
    decorated = util is not None and util.is_schema_decorated(run)
    versions = util.get_supported_versions(run) if util is not None else list(_NAMES_IN_SCHEMA.values())
    return {
        "service": service,
        "generated": [version for version, name in _NAMES_IN_SCHEMA.items() if name in versions],
        "input": json.dumps(util.get_input_schema(run) if decorated else _UNDECORATED),
        "output": json.dumps(util.get_output_schema(run) if decorated else _UNDECORATED),
        "written": _read_files(directory),
    }


def _read_files(directory):
    written = {}
    for version, names in _FILES.items():
        for name in names:
            document = _read(os.path.join(directory, name))
            if document:
                written[version] = json.dumps(document)
                break
    return written


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise script.ScriptError("%s is no valid JSON: %s" % (os.path.basename(path), error), file=path) from None
