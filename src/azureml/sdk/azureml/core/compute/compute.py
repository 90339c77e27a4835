"""The base of all compute targets. One exists as soon as it is named."""

from azureml._missing import missing_from

_HERE = "services run on this machine"


class ComputeTarget:
    def __new__(cls, workspace=None, name=None):
        from azureml.core.compute.aks import AksCompute

        return super().__new__(AksCompute if cls is ComputeTarget else cls)

    def __init__(self, workspace, name):
        self.workspace = workspace
        self.name = name
        self.id = "local/computes/%s" % name
        self.location = "local"
        self.description = None
        self.tags = {}
        self.type = "AKS"
        self.provisioning_state = "Succeeded"
        self.provisioning_errors = None
        self.status = "Succeeded"

    def __repr__(self):
        return "%s(workspace=%r, name=%s, type=%s, provisioning_state=%s)" % (
            type(self).__name__, self.workspace, self.name, self.type, self.provisioning_state
        )

    @staticmethod
    def create(workspace, name, provisioning_configuration):
        print("Creating local name for compute target %s: %s" % (name, _HERE))
        return ComputeTarget(workspace, name)

    @staticmethod
    def attach(workspace, name, attach_configuration):
        return ComputeTarget(workspace, name)

    @staticmethod
    def list(workspace):
        return []

    def wait_for_completion(self, show_output=False, is_delete_operation=False):
        if show_output:
            print("Succeeded")

    def get_status(self):
        return self.provisioning_state

    def refresh_state(self):
        """Does nothing."""

    def delete(self):
        """Does nothing: there is nothing to delete."""

    def detach(self):
        """Does nothing: there is nothing to detach."""

    def serialize(self):
        return {"name": self.name, "computeType": self.type, "provisioningState": self.provisioning_state}

    @staticmethod
    def deserialize(workspace, object_dict):
        return ComputeTarget(workspace, object_dict["name"])


class ComputeTargetAttachConfiguration:
    """Stored, but not used."""

    def __init__(self, given):
        self._given = given


class ComputeTargetProvisioningConfiguration(ComputeTargetAttachConfiguration):
    """Stored, but not used."""


__getattr__ = missing_from(__name__)
