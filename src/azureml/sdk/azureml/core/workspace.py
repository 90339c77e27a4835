"""The workspace: the local one, whatever name, subscription and group a script knows it by."""

import json
import os

from azureml._missing import not_emulated
from azureml.core import _cli
from azureml.exceptions import UserErrorException

_LOCAL = "the workspace is the local one: nothing of it lies in Azure"
_FOLDERS = (".azureml", "aml_config", "")


class _Everything(dict):
    """Items of a workspace by name; a compute target exists as soon as it is looked up."""

    def __missing__(self, name):
        from azureml.core.compute import AksCompute

        return AksCompute(None, name)

    def __contains__(self, name):
        return True


class Workspace:
    DEFAULT_CPU_CLUSTER_NAME = "cpu-cluster"
    DEFAULT_GPU_CLUSTER_NAME = "gpu-cluster"
    DEFAULT_CPU_CLUSTER_CONFIGURATION = None
    DEFAULT_GPU_CLUSTER_CONFIGURATION = None

    def __init__(self, subscription_id, resource_group, workspace_name, auth=None, _location=None,
                 _disable_service_check=False, _workspace_id=None, sku="basic", tags=None, _cloud="AzureCloud"):
        self._subscription_id = subscription_id
        self._resource_group = resource_group
        self._name = workspace_name
        self._location = _location or "local"
        self._sku = sku
        self._tags = tags or {}

    def __repr__(self):
        return "Workspace.create(name='%s', subscription_id='%s', resource_group='%s')" % (
            self._name, self._subscription_id, self._resource_group
        )

    @staticmethod
    def from_config(path=None, auth=None, _logger=None, _file_name=None):
        """The workspace of a config.json in this folder or above; else the local one under its own name."""
        file = _find_config(path or os.getcwd(), _file_name or "config.json")
        if file is None:
            if path is not None and not os.path.exists(path):
                raise UserErrorException("The workspace configuration file config.json, could not be found in %s" % path)
            return Workspace("local", "local", "triton-local")
        with open(file, encoding="utf-8") as opened:
            config = json.load(opened)
        return Workspace(config["subscription_id"], config["resource_group"], config["workspace_name"])

    @staticmethod
    def get(name, auth=None, subscription_id=None, resource_group=None, location=None, cloud="AzureCloud", id=None):
        return Workspace(subscription_id or "local", resource_group or "local", name)

    @staticmethod
    def create(name, auth=None, subscription_id=None, resource_group=None, location=None, create_resource_group=True,
               sku="basic", tags=None, friendly_name=None, storage_account=None, key_vault=None, app_insights=None,
               container_registry=None, adb_workspace=None, primary_user_assigned_identity=None, cmk_keyvault=None,
               resource_cmk_uri=None, hbi_workspace=False, default_cpu_compute_target=None,
               default_gpu_compute_target=None, private_endpoint_config=None, private_endpoint_auto_approval=True,
               exist_ok=False, show_output=True, user_assigned_identity_for_cmk_encryption=None,
               system_datastores_auth_mode="accessKey", v1_legacy_mode=None):
        return Workspace(subscription_id or "local", resource_group or "local", name, sku=sku, tags=tags)

    @staticmethod
    def list(subscription_id, auth=None, resource_group=None):
        return {"triton-local": [Workspace(subscription_id, resource_group or "local", "triton-local")]}

    @staticmethod
    def setup():
        raise not_emulated("Workspace.setup", _LOCAL)

    def write_config(self, path=None, file_name=None):
        folder = os.path.join(path or os.getcwd(), ".azureml")
        os.makedirs(folder, exist_ok=True)
        config = {
            "subscription_id": self._subscription_id,
            "resource_group": self._resource_group,
            "workspace_name": self._name,
        }
        with open(os.path.join(folder, file_name or "config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file, indent=4)

    name = property(lambda self: self._name)
    subscription_id = property(lambda self: self._subscription_id)
    resource_group = property(lambda self: self._resource_group)
    location = property(lambda self: self._location)
    sku = property(lambda self: self._sku)
    tags = property(lambda self: self._tags)

    @property
    def models(self):
        from azureml.core.model import Model

        return {model.name: model for model in reversed(Model.list(self, latest=True))}

    @property
    def webservices(self):
        from azureml.core.webservice import Webservice

        return {service.name: service for service in Webservice._all(self)}

    @property
    def environments(self):
        from azureml.core.environment import Environment

        return Environment.list(self)

    @property
    def compute_targets(self):
        return _Everything()

    @property
    def experiments(self):
        raise not_emulated("Workspace.experiments", "train with the Azure ML SDK outside of triton-local exec")

    @property
    def datasets(self):
        raise not_emulated("Workspace.datasets", _LOCAL)

    @property
    def datastores(self):
        raise not_emulated("Workspace.datastores", _LOCAL)

    @property
    def images(self):
        raise not_emulated("Workspace.images", "there are no images: models are served as they are")

    @property
    def linked_services(self):
        raise not_emulated("Workspace.linked_services", _LOCAL)

    @property
    def private_endpoints(self):
        raise not_emulated("Workspace.private_endpoints", _LOCAL)

    @property
    def service_context(self):
        raise not_emulated("Workspace.service_context", _LOCAL)

    @property
    def discovery_url(self):
        raise not_emulated("Workspace.discovery_url", _LOCAL)

    def get_details(self):
        return {"name": self._name, "location": self._location, "sku": self._sku, "tags": self._tags}

    def add_private_endpoint(self, private_endpoint_config, private_endpoint_auto_approval=True, location=None,
                             show_output=True, tags=None):
        raise not_emulated("Workspace.add_private_endpoint", _LOCAL)

    def delete(self, delete_dependent_resources=False, no_wait=False):
        raise not_emulated("Workspace.delete", "delete services and models, or remove the state folder")

    def delete_connection(self, name):
        raise not_emulated("Workspace.delete_connection", _LOCAL)

    def delete_private_endpoint_connection(self, private_endpoint_connection_name):
        raise not_emulated("Workspace.delete_private_endpoint_connection", _LOCAL)

    def diagnose_workspace(self, diagnose_parameters):
        raise not_emulated("Workspace.diagnose_workspace", "ask: npx triton-local doctor")

    def get_connection(self, name):
        raise not_emulated("Workspace.get_connection", _LOCAL)

    def get_default_compute_target(self, type):
        return None

    def get_default_datastore(self):
        raise not_emulated("Workspace.get_default_datastore", _LOCAL)

    def get_default_keyvault(self):
        raise not_emulated("Workspace.get_default_keyvault", _LOCAL)

    def get_mlflow_tracking_uri(self, _with_auth=False):
        raise not_emulated("Workspace.get_mlflow_tracking_uri", _LOCAL)

    def get_run(self, run_id):
        raise not_emulated("Workspace.get_run", _LOCAL)

    def list_connections(self, category=None, target=None):
        raise not_emulated("Workspace.list_connections", _LOCAL)

    def list_keys(self):
        raise not_emulated("Workspace.list_keys", _LOCAL)

    def set_connection(self, name, category, target, authType, value):
        raise not_emulated("Workspace.set_connection", _LOCAL)

    def set_default_datastore(self, name):
        raise not_emulated("Workspace.set_default_datastore", _LOCAL)

    def sync_keys(self, no_wait=False):
        raise not_emulated("Workspace.sync_keys", _LOCAL)

    def update(self, friendly_name=None, description=None, tags=None, image_build_compute=None,
               service_managed_resources_settings=None, primary_user_assigned_identity=None,
               allow_public_access_when_behind_vnet=None, v1_legacy_mode=None):
        raise not_emulated("Workspace.update", _LOCAL)

    def update_dependencies(self, container_registry=None, force=False):
        raise not_emulated("Workspace.update_dependencies", _LOCAL)

    def _run(self, *arguments):
        return _cli.run(*arguments)


def _find_config(path, name):
    """Searches as azureml-core does: in a folder, then in the folders above."""
    if os.path.isfile(path):
        return path
    folder = os.path.abspath(path)
    while True:
        for place in _FOLDERS:
            file = os.path.join(folder, place, name)
            if os.path.isfile(file):
                return file
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
