"""What a deployment asks for; `azureml.core.webservice.webservice` has it, as azureml-core does."""

from datetime import datetime

from azureml._missing import not_emulated
from azureml.core import _cli
from azureml.exceptions import WebserviceException

_NO_IMAGES = "there are no images: deploy with Model.deploy"


class WebserviceDeploymentConfiguration:
    """What a deployment asks for, as attributes; `_given` names them as the deployment configuration file does."""

    _compute_type = None
    #: What azureml-core puts behind its list of faults.
    _after_text = ""

    def __init__(self, type, description=None, tags=None, properties=None, primary_key=None, secondary_key=None,
                 location=None):
        self._webservice_type = type
        self.description = description
        self.tags = tags
        self.properties = properties
        self.primary_key = primary_key
        self.secondary_key = secondary_key
        self.location = location

    def _given(self):
        raise NotImplementedError

    def validate_configuration(self):
        """By the same rules as a deployment configuration file."""
        with _cli.JsonFile(self._members()) as file:
            try:
                _cli.run("service", "check-config", "--dc", file)
            except _cli.CliError as error:
                raise WebserviceException(str(error) + self._after_text) from None

    def print_deploy_configuration(self):
        parts = [
            text % getattr(self, name)
            for name, text in (
                ("cpu_cores", "CPU requirement: %s"),
                ("gpu_cores", "GPU requirement: %s"),
                ("memory_gb", "Memory requirement: %sGB"),
                ("num_replicas", "Number of replica: %s"),
            )
            if getattr(self, name, None)
        ]
        if parts:
            print(", ".join(parts))

    @classmethod
    def validate_image(cls, image):
        if image is None:
            raise WebserviceException("Image is None")
        raise not_emulated("%s.validate_image" % cls.__name__, _NO_IMAGES)

    def _members(self):
        return dict(_without_none(self._given()), computeType=self._compute_type)


class WebServiceAccessToken(object):
    """A token for a service; the times come as seconds since 1970."""

    def __init__(self, access_token, token_type, refresh_after, expiry_on):
        self.access_token = access_token
        self.refresh_after = datetime.fromtimestamp(refresh_after)
        self.expiry_on = datetime.fromtimestamp(expiry_on)
        self.token_type = token_type

    def serialize(self):
        return {
            "accessToken": self.access_token,
            "tokenType": self.token_type,
            "refreshAfter": self.refresh_after,
            "expiryOn": self.expiry_on,
        }

    @staticmethod
    def deserialize(payload_obj):
        for key in ("accessToken", "refreshAfter", "expiryOn", "tokenType"):
            if key not in payload_obj:
                raise WebserviceException(
                    "Invalid webservice payload, missing %s for WebServiceAccessToken:\n%s" % (key, payload_obj)
                )
        return WebServiceAccessToken(payload_obj["accessToken"], payload_obj["tokenType"], payload_obj["refreshAfter"],
                                     payload_obj["expiryOn"])


def _without_none(members):
    """Members that were given; objects without any are left out."""
    kept = {}
    for key, value in members.items():
        value = _without_none(value) if isinstance(value, dict) else value
        if value is not None and value != {}:
            kept[key] = value
    return kept
