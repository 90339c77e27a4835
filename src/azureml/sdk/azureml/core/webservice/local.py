"""LocalWebservice: a service without keys whose states are spelt small."""

from azureml._missing import missing_from, not_emulated
from azureml.core.webservice.webservice import Webservice, WebserviceDeploymentConfiguration
from azureml.exceptions import WebserviceException


class LocalWebserviceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    _compute_type = "local"

    def __init__(self, port=None):
        super().__init__(LocalWebservice)
        self.port = port
        self.validate_configuration()

    def _given(self):
        return {"port": self.port}

    def validate_configuration(self):
        # As in azureml-core, 0 is as good as none.
        if self.port and not (isinstance(self.port, int) and 1 <= self.port <= 65535):
            raise WebserviceException("Invalid configuration, port must be an integer in range [1, 65535]")

    def print_deploy_configuration(self):
        """Nothing, as in azureml-core."""


class LocalWebservice(Webservice):
    NETWORK_NAME = "azureml-local"
    STATE_DELETED = "deleted"
    STATE_DEPLOYING = "deploying"
    STATE_FAILED = "failed"
    STATE_RUNNING = "running"
    STATE_UNKNOWN = "unknown"

    def __init__(self, workspace, name, must_exist=True):
        try:
            super().__init__(workspace, name)
        except WebserviceException:
            raise WebserviceException("WebserviceNotFound: No local container with name %s" % name) from None

    def _begin(self):
        self.state = self.STATE_DEPLOYING

    @staticmethod
    def deploy_configuration(port=None):
        return LocalWebserviceDeploymentConfiguration(port)

    @property
    def scoring_uri(self):
        return self._value["scoringUri"]

    @property
    def swagger_uri(self):
        return self._value["swaggerUri"]

    @property
    def port(self):
        return self._value["port"]

    @staticmethod
    def list(workspace, model_name=None, model_id=None, all=None):
        arguments = ["-c", "Local"]
        for flag, value in (("--model-name", model_name), ("--model-id", model_id)):
            arguments += [] if value is None else [flag, value]
        return Webservice._all(workspace, *arguments)

    def update_deployment_state(self, must_exist=False):
        super().update_deployment_state()

    def wait_for_deployment(self, show_output=False):
        self._wait(show_output)

    def run(self, input_data):
        if self.state == self.STATE_DELETED:
            raise ConnectionError(
                "The local service %s was deleted: nothing listens on port %s any more. Deploy it again with Model.deploy."
                % (self.name, self.port)
            )
        try:
            return self._post(input_data)
        except WebserviceException:
            raise WebserviceException("Error: Scoring was unsuccessful.") from None

    def get_logs(self, num_lines=5000, raw=False):
        logs = self._logs(num_lines)
        return logs.encode("utf-8") if raw else logs

    def get_keys(self):
        raise NotImplementedError("Local web services do not support auth keys.")

    def regen_key(self, key):
        raise NotImplementedError("Local web services do not support auth keys.")

    def get_token(self):
        raise NotImplementedError("Local web services do not support Token Authentication.")

    def update(self, models=None, image_config=None, deployment_config=None, wait=False, inference_config=None):
        members = deployment_config._members() if deployment_config else None
        self._change([], members, models, inference_config)

    def reload(self, wait=False):
        """The script as it is now in its own folder."""
        self._change(["--fresh-source"])

    def deploy_to_cloud(self, name=None, deployment_config=None, deployment_target=None):
        raise not_emulated("LocalWebservice.deploy_to_cloud", "deploy with the Azure ML SDK, or triton-local export")

    def delete(self, delete_cache=True, delete_image=False, delete_volume=True):
        super().delete()
        print("Container has been successfully cleaned up.")


__getattr__ = missing_from(__name__)
