"""The base of all web services, and deployment."""

import sys

from azureml._missing import missing_from, not_emulated
from azureml.core import _cli
from azureml.core.environment import Environment
from azureml.core.model import Model, _time
from azureml.core.webservice.deployment_configuration import (  # noqa: F401
    WebServiceAccessToken, WebserviceDeploymentConfiguration, _NO_IMAGES, _without_none,
)
from azureml.core.webservice.parts import (  # noqa: F401
    AutoScaler, ContainerResourceRequirements, DataCollection, LivenessProbeRequirements,
)
from azureml.exceptions import WebserviceException


class Webservice:
    """A deployed service. `Webservice(ws, name)` gives an object of the service's own class."""

    _kind = None

    def __new__(cls, workspace=None, name=None, **kwargs):
        if cls is not Webservice or name is None:
            return super().__new__(cls)
        value = cls._show(name)
        return super().__new__(_class_of(value))

    def __init__(self, workspace, name):
        self._deployed(workspace, self._show(name))

    def _deployed(self, workspace, value, said=(), failure=None):
        self.workspace = workspace
        self._said = list(said)
        self._failure = failure
        self._take(value)
        return self

    def _take(self, value):
        self._value = value
        self.name = value["name"]
        self.state = value["state"]
        self.error = value["error"]
        self.tags = value["tags"]
        self.properties = value["properties"]
        self.description = value.get("description")
        self.compute_type = value["computeType"]
        self.created_time = _time(value["createdTime"])
        self.updated_time = _time(value["updatedTime"])
        self.created_by = None
        self.image = None
        self.image_id = value["imageId"]
        self.image_digest = value.get("imageDigest")
        if not isinstance(getattr(type(self), "scoring_uri", None), property):
            self.scoring_uri = value["scoringUri"]
            self.swagger_uri = value["swaggerUri"]
        self.auth_enabled = value.get("authEnabled", False)
        self.token_auth_enabled = value.get("aadAuthEnabled", False)
        self._take_more(value)

    def _take_more(self, value):
        """Sets the attributes of one kind of service."""

    def _take_content(self, value):
        """Sets the models and the script's environment."""
        environment = value.get("environmentDetails")
        self.environment = environment and Environment._deserialize(dict({"name": self.name}, **environment))
        self.models = [Model._of(self.workspace, model) for model in value.get("modelDetails") or []]

    @staticmethod
    def _show(name):
        try:
            return _cli.run("service", "show", "-n", name)
        except _cli.CliError as error:
            raise error.exception() from None

    @staticmethod
    def _all(workspace, *arguments):
        found = _call("service", "list", *arguments)
        return [_class_of(value).__new__(_class_of(value))._deployed(workspace, value) for value in found]

    def __repr__(self):
        return "%s(workspace=%r, name=%s, image_id=%s, image_digest=%s, compute_type=%s, state=%s, scoring_uri=%s, " \
               "tags=%s, properties=%s, created_by=%s)" % (
                   type(self).__name__, self.workspace, self.name, self.image_id, self.image_digest,
                   self.compute_type, self.state, self.scoring_uri, self.tags, self.properties, self.created_by)

    @staticmethod
    def list(workspace, compute_type=None, image_name=None, image_id=None, model_name=None, model_id=None, tags=None,
             properties=None, image_digest=None):
        arguments = []
        for flag, value in (("-c", compute_type), ("--model-name", model_name), ("--model-id", model_id)):
            arguments += [] if value is None else [flag, value]
        for flag, filters in (("--tag", tags), ("--property", properties)):
            for one in filters or []:
                arguments += [flag, one if isinstance(one, str) else "=".join(one)]
        # As in azureml-core: LocalWebservice.list has the local ones.
        return [one for one in Webservice._all(workspace, *arguments) if one.compute_type != "Local"]

    @staticmethod
    def deploy(workspace, name, model_paths, image_config, deployment_config=None, deployment_target=None,
               overwrite=False):
        raise not_emulated("Webservice.deploy", _NO_IMAGES)

    @staticmethod
    def deploy_from_image(workspace, name, image, deployment_config=None, deployment_target=None, overwrite=False):
        raise not_emulated("Webservice.deploy_from_image", _NO_IMAGES)

    @staticmethod
    def deploy_from_model(workspace, name, models, image_config, deployment_config=None, deployment_target=None,
                          overwrite=False):
        raise not_emulated("Webservice.deploy_from_model", _NO_IMAGES)

    @staticmethod
    def deploy_local_from_model(workspace, name, models, image_config, deployment_config=None, wait=False):
        raise not_emulated("Webservice.deploy_local_from_model", _NO_IMAGES)

    @staticmethod
    def check_for_existing_webservice(workspace, name, overwrite=False, request_func=None, check_func=None):
        if not overwrite and any(one.name == name for one in Webservice._all(workspace)):
            raise WebserviceException("Error, there is already a service with name %s found in workspace." % name)

    @classmethod
    def deserialize(cls, workspace, webservice_payload):
        return _class_of(webservice_payload).__new__(_class_of(webservice_payload))._deployed(
            workspace, webservice_payload
        )

    def serialize(self):
        return dict(self._value)

    def update_deployment_state(self):
        self._take(self._show(self.name))

    def wait_for_deployment(self, show_output=False, timeout_sec=None):
        self._wait(show_output)

    def _wait(self, show_output):
        if show_output:
            for line in self._said:
                print(line)
            sys.stdout.flush()
        self._said = []
        failure, self._failure = self._failure, None
        self.update_deployment_state()
        if failure:
            raise failure.exception() from None

    def run(self, input):
        return self._post(input)

    def _post(self, data):
        """Sends the request through the command line, which has the keys."""
        body = data.decode("utf-8") if isinstance(data, bytes) else data
        with _BodyFile(body) as path:
            return _call("service", "run", "-n", self.name, "-d", "@" + path)

    def get_keys(self):
        keys = _call("service", "get-keys", "-n", self.name)
        return keys["primaryKey"], keys["secondaryKey"]

    def regen_key(self, key, set_key=None):
        if not key:
            raise WebserviceException("Error, must specify which key with be regenerated: Primary, Secondary")
        _call("service", "regen-key", "-n", self.name, "-k", key, *([] if set_key is None else ["-s", set_key]))

    def get_token(self):
        token = _call("service", "get-access-token", "-n", self.name)
        return token["accessToken"], _time(token["refreshAfter"])

    def get_logs(self, num_lines=5000, init=False):
        return self._logs(num_lines)

    def _logs(self, num_lines):
        try:
            return _cli.text("service", "get-logs", "-n", self.name, "-l", str(num_lines)).rstrip("\n")
        except _cli.CliError as error:
            raise error.exception() from None

    def delete(self):
        _call("service", "delete", "-n", self.name)
        self.state = "deleted" if self.compute_type == "Local" else "Deleting"

    def update(self, *args):
        raise NotImplementedError("Update is done on the class of the service")

    def add_tags(self, tags):
        self._change(_cli.labels("--add-tag", tags))

    def remove_tags(self, tags):
        names = tags if isinstance(tags, (list, tuple)) else [tags]
        self._change([part for name in names for part in ("--remove-tag", name)])

    def add_properties(self, properties):
        self._change(_cli.labels("--add-property", properties))

    def _change(self, arguments, members=None, models=None, inference_config=None):
        """Starts a changed service; the old one serves until the new one is ready."""
        arguments = list(arguments)
        for model in models or []:
            arguments += ["-m", model.id]
        members = _without_none(members or {})
        with _OptionalFile("--dc", members) as dc, _OptionalFile("--ic", _members_of(inference_config)) as ic:
            self._take(_call("service", "update", "-n", self.name, *arguments, *dc, *ic))


def _members_of(inference_config):
    return inference_config._members() if inference_config else {}


def _deploy(workspace, name, models, inference_config, deployment_config, deployment_target, overwrite, show_output):
    arguments = ["model", "deploy", "-n", name]
    for model in models:
        arguments += ["-m", model.id if isinstance(model, Model) else str(model)]
    if deployment_target is not None:
        arguments += ["--ct", getattr(deployment_target, "name", str(deployment_target))]
    elif getattr(deployment_config, "compute_target_name", None):
        arguments += ["--ct", deployment_config.compute_target_name]
    if overwrite or _is_local_again(name, deployment_config):
        arguments += ["--overwrite"]
    if deployment_config is not None:
        arguments += _cli.labels("--tag", deployment_config.tags)
        arguments += _cli.labels("--property", deployment_config.properties)
        arguments += ["-d", deployment_config.description] if deployment_config.description else []
    members = deployment_config._members() if deployment_config is not None else {}
    with _OptionalFile("--dc", members) as dc, _OptionalFile("--ic", _members_of(inference_config)) as ic:
        try:
            value, said = _cli.run_aloud(*arguments, *dc, *ic)
        except _cli.CliError as error:
            # As in azureml-core: an invalid deployment raises at once, a failed start only in wait_for_deployment.
            if error.code != "DEPLOYMENT_FAILED":
                raise error.exception() from None
            value, said = Webservice._show(name), []
            service = _class_of(value).__new__(_class_of(value))._deployed(workspace, value, said, error)
            service._begin()
            return service
    service = _class_of(value).__new__(_class_of(value))._deployed(workspace, value, said)
    service._begin()
    if show_output:
        service._wait(True)
    return service


def _is_local_again(name, deployment_config):
    """As in azureml-core, deploying a local service again updates the one of that name."""
    if getattr(deployment_config, "_compute_type", None) != "local":
        return False
    try:
        return _cli.run("service", "show", "-n", name)["computeType"] == "Local"
    except _cli.CliError:
        return False


def _class_of(value):
    from azureml.core.webservice.aci import AciWebservice
    from azureml.core.webservice.aks import AksWebservice
    from azureml.core.webservice.local import LocalWebservice

    return {"Local": LocalWebservice, "ACI": AciWebservice, "AKS": AksWebservice}[value["computeType"]]


def _call(*arguments):
    try:
        return _cli.run(*arguments)
    except _cli.CliError as error:
        raise error.exception() from None


class _OptionalFile:
    """A flag with members in a temporary file; nothing if there are none."""

    def __init__(self, flag, members):
        self._flag = flag
        self._file = _cli.JsonFile(members) if members else None

    def __enter__(self):
        return [self._flag, self._file.__enter__()] if self._file else []

    def __exit__(self, *exception):
        if self._file:
            self._file.__exit__(*exception)


class _BodyFile(_cli.JsonFile):
    """The body of a request: text unchanged, anything else as JSON."""

    def __enter__(self):
        path = super().__enter__()
        if isinstance(self._value, str):
            with open(path, "w", encoding="utf-8") as file:
                file.write(self._value)
        return path


__getattr__ = missing_from(__name__)
