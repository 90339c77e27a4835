"""azureml-core as triton-local has it: models, environments and web services of the local workspace."""

import sys as _sys

from azureml._missing import missing_from as _missing_from
from azureml.core.compute import ComputeTarget
from azureml.core.container_registry import ContainerRegistry
from azureml.core.environment import Environment
from azureml.core.model import Model
from azureml.core.webservice import Webservice
from azureml.core.workspace import Workspace

__all__ = ["ComputeTarget", "ContainerRegistry", "Environment", "Model", "Webservice", "Workspace"]
VERSION = "1.61.0"
__version__ = VERSION

#: Names that azureml-core takes from modules which are not emulated.
_HOMES = {
    "Dataset": "dataset",
    "Datastore": "datastore",
    "Experiment": "experiment",
    "Image": "image",
    "Keyvault": "keyvault",
    "LinkedService": "linked_service",
    "PrivateEndPoint": "private_endpoint",
    "PrivateEndPointConfig": "private_endpoint",
    "Run": "run",
    "RunConfiguration": "runconfig",
    "ScriptRun": "script_run",
    "ScriptRunConfig": "script_run_config",
    "SynapseWorkspaceLinkedServiceConfiguration": "linked_service",
    "get_run": "run",
}
_missing = _missing_from(__name__)


def __getattr__(name):
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module("azureml.core." + _HOMES[name]), name)
    return _missing(name)


def _tell_of_the_real_one():
    """Says once that an installed azureml-core is not the one that answers."""
    try:
        from importlib.metadata import PackageNotFoundError, version
    except ImportError:
        return
    try:
        installed = version("azureml-core")
    except PackageNotFoundError:
        return
    print("triton-local: azureml.core is the local one; the installed azureml-core %s is not used" % installed,
          file=_sys.stderr)


_tell_of_the_real_one()
