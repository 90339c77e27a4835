"""The packages of Azure ML that entry scripts import, for environments that lack them (folder `stand-ins`).

An installed package is always used; ours stand in for what nobody else has. As with the real server, the old name
`azureml.contrib.services` leads to the modules of the inference server, whatever package of that name is installed.
"""

import importlib
import importlib.machinery
import os
import sys

STAND_INS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stand-ins")

_OLD = "azureml.contrib.services"
_NEW = "azureml_inference_server_http.api"
_ALIASES = {_OLD + ".aml_request": _NEW + ".aml_request", _OLD + ".aml_response": _NEW + ".aml_response"}
#: Packages that hold nothing themselves and that several distributions share.
_SHARED = {"azureml", "azureml.ai", "azureml.contrib", _OLD, "azureml_inference_server_http", _NEW}


def install():
    # In front, for the alias holds even where the old package is installed; and last, for what nobody else has.
    sys.meta_path.insert(0, _Aliases)
    sys.meta_path.append(_StandIns)


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


class _StandIns:
    """Answers for our packages and what lies directly in a shared one; the rest of a stand-in is found through it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in _SHARED:
            return importlib.machinery.ModuleSpec(name, None, is_package=True)
        parent = name.rpartition(".")[0]
        if parent and parent not in _SHARED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, [os.path.join(STAND_INS, *parent.split("."))])
        return spec if spec is not None and spec.loader is not None else None

    @staticmethod
    def invalidate_caches():
        pass
