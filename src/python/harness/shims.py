"""The packages of Azure ML that entry scripts import, for environments that lack them.

They are in the folder `stand-ins`, `azureml.core` and its dependencies in the SDK's own folder. An installed package
always wins; ours replace only what is missing. As with the real server, the old name
`azureml.contrib.services` leads to the modules of the inference server, whatever package of that name is installed.
"""

import importlib
import importlib.machinery
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
STAND_INS = os.path.join(_HERE, "stand-ins")
#: Next to the harness in the bundle, in its own room in the sources.
SDK = next(
    (
        folder
        for folder in (os.path.join(_HERE, "..", "azureml-sdk"), os.path.join(_HERE, "..", "..", "azureml", "sdk"))
        if os.path.isdir(folder)
    ),
    STAND_INS,
)

_OLD = "azureml.contrib.services"
_NEW = "azureml_inference_server_http.api"
_ALIASES = {_OLD + ".aml_request": _NEW + ".aml_request", _OLD + ".aml_response": _NEW + ".aml_response"}
#: Namespace packages that several distributions share.
_SHARED = {"azureml", "azureml.ai", "azureml.contrib", _OLD, "azureml_inference_server_http", _NEW}


def install(for_entry_script=True):
    """Of the packages that we do not emulate, an entry script gets those that azureml-core would install, a deployment
    script all of Azure's, since its environment is unknown."""
    _StandIns.for_entry_script = for_entry_script
    # First, since the alias applies even if the old package is installed; and last, for packages that are missing.
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
        # The import machinery writes the alias's spec into the module; exec_module restores the module's own.
        spec.loader_state = module.__spec__
        return module

    @staticmethod
    def exec_module(module):
        module.__spec__ = module.__spec__.loader_state


class _StandIns:
    """Finds our packages and those directly in a shared one; the rest of a stand-in is found through its package."""

    for_entry_script = True

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in _SHARED:
            return importlib.machinery.ModuleSpec(name, None, is_package=True)
        parent = name.rpartition(".")[0]
        if not parent or parent in _SHARED:
            below = parent.split(".")
            folders = [os.path.join(root, *below) for root in (STAND_INS, SDK)]
            spec = importlib.machinery.PathFinder.find_spec(name, folders)
            if spec is not None and spec.loader is not None:
                return spec
        if not name.startswith("azureml.") or name.startswith("azureml._"):
            return None
        from azureml import _unemulated

        return _unemulated.find_spec(name, other_packages=not cls.for_entry_script)

    @staticmethod
    def invalidate_caches():
        pass
