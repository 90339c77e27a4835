"""Modules of Azure's packages that are not emulated: they can be imported; using a name raises with a hint.

The names are those of azureml-core 1.61.0 (a test compares them with the package), and those of the packages that
scripts import beside it.
"""

import importlib.machinery

from azureml._missing import asked_by_installed_package, missing_from

_TRAINING = "train with the Azure ML SDK outside of triton-local exec, and register the model's files here"
_DATA = "read the files from this machine: no data of the workspace is here"
_SECRETS = "take secrets from environment variables: there is no vault of the workspace here"
_COMPUTE = "services run on this machine: name an AksCompute"
_IMAGES = "there are no images: deploy with Model.deploy"
_NETWORK = "nothing of the local workspace lies in Azure: leave it out"
_INTERNAL = "it is a helper of azureml-core for other parts of itself"

#: Modules of azureml-core below `azureml.core`.
_CORE = {
    "compute": {
        _COMPUTE: (
            "adla", "amlcompute", "batch", "computeinstance", "databricks", "datafactory", "dsvm", "hdinsight",
            "kubernetescompute", "kusto", "remote", "synapse",
        ),
    },
    "image": {_IMAGES: ("container", "image", "unknown_image")},
    "": {
        _TRAINING: ("databricks", "experiment", "run", "runconfig", "script_run", "script_run_config"),
        _COMPUTE: ("compute_target",),
        _DATA: ("dataset", "datastore"),
        _SECRETS: ("keyvault",),
        _NETWORK: ("linked_service", "private_endpoint"),
        _IMAGES: ("image",),
        "measure with: npx triton-local bench": ("profile",),
        _INTERNAL: ("util",),
    },
}
_DATA_MODULES = (
    "abstract_dataset", "abstract_datastore", "azure_data_lake_datastore", "azure_my_sql_datastore",
    "azure_postgre_sql_datastore", "azure_sql_database_datastore", "azure_storage_datastore", "constants",
    "context_managers", "data_reference", "datacache", "datacache_client", "datacache_consumption_config",
    "datacache_singularity_settings", "datapath", "dataset_action_run", "dataset_consumption_config",
    "dataset_definition", "dataset_error_handling", "dataset_factory", "dataset_profile", "dataset_profile_run",
    "dataset_profile_run_config", "dataset_snapshot", "dataset_type_definitions", "datastore_client", "dbfs_datastore",
    "file_dataset", "hdfs_datastore", "output_dataset_config", "sql_data_reference", "stored_procedure_parameter",
    "tabular_dataset",
)
#: Other packages of Azure ML, with everything below them.
_PACKAGES = {
    _TRAINING: (
        "automl", "explain", "fairness", "interpret", "mlflow", "pipeline", "responsibleai", "tensorboard", "train",
        "training", "widgets",
    ),
    _DATA: ("datadrift", "dataprep", "fsspec", "opendatasets"),
    "leave it out: nothing is sent anywhere": ("telemetry",),
}


def _modules():
    found = {"azureml.data": _DATA, "azureml.history": _TRAINING}
    for folder, groups in _CORE.items():
        for instead, names in groups.items():
            found.update((".".join(filter(None, ("azureml.core", folder, name))), instead) for name in names)
    found.update(("azureml.data." + name, _DATA) for name in _DATA_MODULES)
    return found


_MODULES = _modules()


def find_spec(name, other_packages):
    """The spec of a module that is not emulated; None for a name that is not Azure's. `other_packages` counts those
    beside azureml-core too: a deployment script sees them, an entry script has what its environment has."""
    instead = _MODULES.get(name) or (other_packages and _of_other_package(name)) or None
    if instead is None or asked_by_installed_package():
        return None
    return importlib.machinery.ModuleSpec(name, _Loader(instead), is_package=True)


def _of_other_package(name):
    package = name.split(".")[1]
    if package == "contrib":
        return "it belongs to a package that is not emulated: use the Azure ML SDK outside of triton-local exec"
    return next((instead for instead, names in _PACKAGES.items() if package in names), None)


class _Loader:
    def __init__(self, instead):
        self._instead = instead

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__doc__ = "Not emulated by triton-local: %s." % self._instead
        module.__getattr__ = missing_from(module.__name__, self._instead)
