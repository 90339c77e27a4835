"""The model: its module, its one instance of `TritonPythonModel`, and its methods besides `execute`."""

import importlib
import json
import os
import sys

from _triton_local import sources
from _triton_local.models import model_config


class ModelFailure(Exception):
    """A failure in the words of Triton's backend."""


class Model:
    """Imports `<version>/model.py` as Triton does: as a module of the package that is its version folder."""

    def __init__(self, directory, version, filename):
        self.directory = directory
        self.version_directory = os.path.join(directory, version)
        self.file = os.path.join(self.version_directory, filename)
        sources.install()
        for entry in (self.version_directory, directory):
            if entry not in sys.path:
                sys.path.append(entry)
        if not os.path.exists(self.file):
            raise ModelFailure("Python model file not found in '%s'" % self.file)
        name = "%s.%s" % (version, os.path.splitext(filename)[0])
        # Both are found in the model's folder, even if something of the same name is earlier on the path.
        sys.path.insert(0, directory)
        try:
            self.module = importlib.import_module(name)
        finally:
            sys.path.remove(directory)
            sys.path.append(directory)
        self._class = getattr(self.module, "TritonPythonModel", None)
        if self._class is None:
            raise AttributeError("module '%s' has no attribute 'TritonPythonModel'" % name)
        self._instance = None
        self.execute = None

    def initialize(self, arguments):
        self._instance = self._class()
        if hasattr(self._instance, "initialize"):
            self._instance.initialize(arguments)
        self.execute = getattr(self._instance, "execute", None)

    def finalize(self):
        if hasattr(self._instance, "finalize"):
            self._instance.finalize()

    def auto_complete(self, config_json):
        """@return the completed configuration as JSON; None if the model completes nothing"""
        if not hasattr(self._class, "auto_complete_config"):
            return None
        config = model_config.ModelConfig(json.loads(config_json))
        completed = self._class.auto_complete_config(config)
        if not isinstance(completed, model_config.ModelConfig):
            raise ModelFailure(
                "auto_complete_config function in model '%s' must return a valid pb.ModelConfig object."
                % config.as_dict().get("name", "")
            )
        return json.dumps(completed.as_dict())
