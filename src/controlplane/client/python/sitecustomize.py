"""Loaded by Python as it starts, since triton-local puts this folder first in PYTHONPATH.

In a Jupyter kernel, azure-ai-ml sends telemetry to Azure Monitor, and no variable turns all of it off. Its import of
the exporter is refused here, which it takes as "not installed"; imports by anybody else are not touched.
"""

import os
import sys

_EXPORTER = "azure.monitor.opentelemetry"
_IMPORTED_BY = "azure.ai.ml._telemetry.logging_handler"


class _WithoutTelemetry:
    """Refuses the exporter if the SDK's telemetry imports it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == _EXPORTER and _importer() == _IMPORTED_BY:
            raise ImportError("triton-local sends no telemetry to Azure", name=name)
        return None


def _importer():
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith("importlib") and not frame.f_code.co_filename.startswith("<frozen"):
            return name
        frame = frame.f_back
    return None


def _import_hidden():
    """Runs the sitecustomize that this one hides, if there is one."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = os.path.dirname(os.path.abspath(__file__))
    folders = [folder for folder in sys.path if os.path.abspath(folder or ".") != here]
    spec = PathFinder.find_spec("sitecustomize", folders)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


sys.meta_path.insert(0, _WithoutTelemetry)
_import_hidden()
