"""The modules of Azure ML that entry scripts import: `rawhttp`, `AMLRequest`, `AMLResponse` under both their names.

An installed azureml-inference-server-http is used; otherwise our own files stand in. As with the real server, the old
name `azureml.contrib.services` always leads to the same modules, whatever package of that name is installed.
"""

import importlib
import importlib.machinery
import importlib.util
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_OLD = "azureml.contrib.services"
_NEW = "azureml_inference_server_http.api"
_FILES = {_NEW + ".aml_request": "aml_request.py", _NEW + ".aml_response": "aml_response.py"}
_ALIASES = {_OLD + ".aml_request": _NEW + ".aml_request", _OLD + ".aml_response": _NEW + ".aml_response"}
_PACKAGES = {"azureml", "azureml.contrib", _OLD, "azureml_inference_server_http", _NEW}


def install():
    # In front, for the alias holds even where the old package is installed; and last, for what nobody else has.
    sys.meta_path.insert(0, _Aliases)
    sys.meta_path.append(_Shims)


class _Aliases:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in _ALIASES:
            return importlib.machinery.ModuleSpec(name, _AliasLoader)
        return None

    @staticmethod
    def invalidate_caches():
        pass


class _AliasLoader:
    @staticmethod
    def create_module(spec):
        module = importlib.import_module(_ALIASES[spec.name])
        # The import machinery writes the alias's spec into what it gets; exec_module puts the module's own back.
        spec.loader_state = module.__spec__
        return module

    @staticmethod
    def exec_module(module):
        module.__spec__ = module.__spec__.loader_state


class _Shims:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in _FILES:
            return importlib.util.spec_from_file_location(name, os.path.join(_HERE, _FILES[name]))
        if name in _PACKAGES:
            return importlib.machinery.ModuleSpec(name, None, is_package=True)
        return None

    @staticmethod
    def invalidate_caches():
        pass
