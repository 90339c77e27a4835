"""Model packages, which are not emulated; `azureml.core.model` exports the class, as in azureml-core."""

from azureml._missing import not_emulated


class ModelPackage:
    """The result of Model.package, which is not emulated."""

    def __init__(self, workspace, operation_id, environment):
        raise _no_package("ModelPackage")

    def get_container_registry(self):
        raise _no_package("ModelPackage.get_container_registry")

    def get_logs(self, decode=True, offset=0):
        raise _no_package("ModelPackage.get_logs")

    def pull(self):
        raise _no_package("ModelPackage.pull")

    def save(self, output_directory):
        raise _no_package("ModelPackage.save")

    def serialize(self):
        raise _no_package("ModelPackage.serialize")

    def update_creation_state(self):
        raise _no_package("ModelPackage.update_creation_state")

    def wait_for_creation(self, show_output=False):
        raise _no_package("ModelPackage.wait_for_creation")


def _no_package(what):
    return not_emulated(what, "nothing is packaged here: deploy the model, or use triton-local export")
