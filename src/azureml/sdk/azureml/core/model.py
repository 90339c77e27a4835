"""Models, and how they are deployed."""

import os
import re
from datetime import datetime

from azureml._missing import missing_from, not_emulated
from azureml.core import _cli
from azureml.core.inference_config import InferenceConfig  # noqa: F401
from azureml.core.model_package import ModelPackage  # noqa: F401
from azureml.core.resource_configuration import ResourceConfiguration
from azureml.exceptions import ModelNotFoundException, UserErrorException, WebserviceException

_MODEL_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}")
_MODELS_DIR = "azureml-models"
_NO_DATASETS = "datasets are not emulated: leave them out"


class Model:
    """A registered model."""

    class Framework(object):
        CUSTOM = "Custom"
        TENSORFLOW = "TensorFlow"
        SCIKITLEARN = "ScikitLearn"
        ONNX = "Onnx"
        TFKERAS = "TfKeras"
        PYTORCH = "PyTorch"
        MULTI = "Multi"

    _SUPPORTED_FRAMEWORKS_FOR_NO_CODE_DEPLOY = [
        Framework.ONNX, Framework.SCIKITLEARN, Framework.TENSORFLOW, Framework.MULTI
    ]

    def __init__(self, workspace, name=None, id=None, tags=None, properties=None, version=None, run_id=None,
                 model_framework=None, expand=True, **kwargs):
        if name is None and id is None:
            raise WebserviceException("Error, one of id or name must be provided.")
        arguments = ["-i", id] if id is not None else ["-n", name]
        if version is not None:
            arguments += ["--version", str(version)]
        if run_id is not None:
            arguments += ["--run-id", run_id]
        self._take(workspace, _call(workspace, "model", "show", *arguments))

    def _take(self, workspace, value):
        self.workspace = workspace
        self.created_time = _time(value["createdTime"])
        self.created_by = value["createdBy"]
        self.description = value["description"]
        self.id = value["id"]
        self.mime_type = value["mimeType"]
        self.name = value["name"]
        self.model_framework = value["framework"]
        self.model_framework_version = value["frameworkVersion"]
        self.tags = value["tags"]
        self.properties = value["properties"]
        self.unpack = value["unpack"]
        self.url = value["url"]
        self.version = value["version"]
        self.experiment_name = value["experimentName"]
        self.run_id = value["runId"]
        self.run = None
        self.datasets = {}
        self.resource_configuration = ResourceConfiguration.deserialize(value["resourceConfiguration"])
        self.sample_input_dataset = None
        self.sample_output_dataset = None
        self._value = value

    @classmethod
    def _of(cls, workspace, value):
        model = cls.__new__(cls)
        model._take(workspace, value)
        return model

    def __repr__(self):
        return "Model(workspace=%r, name=%s, id=%s, version=%s, tags=%s, properties=%s)" % (
            self.workspace, self.name, self.id, self.version, self.tags, self.properties
        )

    @staticmethod
    def register(workspace, model_path, model_name, tags=None, properties=None, description=None, datasets=None,
                 model_framework=None, model_framework_version=None, child_paths=None, sample_input_dataset=None,
                 sample_output_dataset=None, resource_configuration=None):
        if model_framework is None and model_framework_version is not None:
            raise WebserviceException("Model framework version cannot be provided without a valid framework")
        if datasets or sample_input_dataset or sample_output_dataset:
            raise not_emulated("Model.register(datasets=...)", _NO_DATASETS)
        if child_paths:
            raise not_emulated("Model.register(child_paths=...)", "register a folder that holds these files alone")
        if _MODEL_NAME.fullmatch(model_name) and not os.path.exists(model_path):
            raise FileNotFoundError("Path does not exist")
        arguments = ["-n", model_name, "-p", os.fspath(model_path)]
        arguments += _cli.labels("--tag", tags) + _cli.labels("--property", properties)
        for flag, value in (("-d", description), ("--model-framework", model_framework),
                            ("--model-framework-version", model_framework_version)):
            arguments += [] if value is None else [flag, str(value)]
        arguments += _resources(resource_configuration)
        print("Registering model %s" % model_name)
        return Model._of(workspace, _call(workspace, "model", "register", *arguments))

    @staticmethod
    def list(workspace, name=None, tags=None, properties=None, run_id=None, latest=False, dataset_id=None, expand=True,
             page_count=255, model_framework=None):
        if page_count and (page_count < 20 or page_count > 255):
            raise UserErrorException(
                "Expected page_count value is between %s and %s. Provided: %s" % (20, 255, page_count)
            )
        if tags is not None and type(tags) is not list:
            raise UserErrorException(
                'Expected tags must be list type. Ex. ["key", ["key2", "key2 value"]]: provided %s' % type(tags)
            )
        arguments = []
        for flag, value in (("-n", name), ("--run-id", run_id), ("--model-framework", model_framework)):
            arguments += [] if value is None else [flag, value]
        for flag, filters in (("--tag", tags), ("--property", properties)):
            for one in filters or []:
                arguments += [flag, one if isinstance(one, str) else "=".join(one)]
        found = _call(workspace, "model", "list", *arguments, *(["--latest"] if latest else []))
        return [Model._of(workspace, value) for value in found]

    @staticmethod
    def get_model_path(model_name, version=None, _workspace=None):
        """Where azureml-core looks: the models of a deployment, then the working directory; with a workspace, a copy.

        An entry script that `triton-local up` runs in its own project has its models under AZUREML_MODEL_DIR.
        """
        if version is not None and not isinstance(version, int):
            raise WebserviceException("version should be an int")
        if model_name is None:
            raise WebserviceException("model_name is None")
        if _workspace is not None and version is None:
            return Model._downloaded(_workspace, model_name, version)
        try:
            return Model._local_path(model_name, version)
        except ModelNotFoundException as error:
            if _workspace is not None:
                return Model._downloaded(_workspace, model_name, version)
            if version is not None:
                raise WebserviceException(error.message) from None
            raise

    @staticmethod
    def _local_path(model_name, version):
        folder = os.path.join(_MODELS_DIR, model_name)
        if os.path.exists(folder):
            if version is None:
                version = max((int(name) for name in os.listdir(folder) if name.isdigit()), default=None)
            folder = os.path.join(folder, str(version))
            if os.path.exists(folder):
                entries = os.listdir(folder)
                if len(entries) != 1:
                    raise WebserviceException("Dir %s can contain only 1 file or folder. Found %s" % (folder, entries))
                return os.path.join(folder, entries[0])
        if os.path.exists(model_name):
            return model_name
        beside = os.path.join(os.environ.get("AZUREML_MODEL_DIR", ""), model_name)
        if version is None and os.path.exists(beside):
            return beside
        raise ModelNotFoundException(
            "Model %s not found in cache at %s or in current working directory %s. For more info, set logging level to "
            "DEBUG." % (model_name, _MODELS_DIR, os.getcwd())
        )

    @staticmethod
    def _downloaded(workspace, model_name, version):
        model = Model(workspace, model_name, version=version)
        folder = os.path.join(_MODELS_DIR, model.name, str(model.version))
        if os.path.isdir(folder) and os.listdir(folder):
            return os.path.join(folder, os.listdir(folder)[0])
        return model.download(folder)

    def download(self, target_dir=".", exist_ok=False, exists_ok=None):
        if exists_ok is not None:
            if exist_ok is not None and exist_ok is not False:
                raise WebserviceException("Both exists_ok and exist_ok are set. Please use exist_ok only.")
            exist_ok = exists_ok
        more = ["--overwrite"] if exist_ok else []
        return os.path.relpath(_call(self.workspace, "model", "download", "-i", self.id, "-t", target_dir, *more))

    def update(self, tags=None, description=None, sample_input_dataset=None, sample_output_dataset=None,
               resource_configuration=None):
        removed = [key for key in self.tags if tags is not None and key not in tags]
        self._update(tags, removed, None, description, resource_configuration)

    def update_tags_properties(self, add_tags=None, remove_tags=None, add_properties=None):
        self._update(add_tags, remove_tags, add_properties)

    def add_tags(self, tags):
        self._update(tags)

    def remove_tags(self, tags):
        self._update(None, tags if isinstance(tags, (list, tuple)) else [tags])

    def add_properties(self, properties):
        self._update(None, None, properties)

    def _update(self, tags, removed=None, properties=None, description=None, resource_configuration=None):
        arguments = _cli.labels("--add-tag", tags) + _cli.labels("--add-property", properties)
        for key in removed or []:
            arguments += ["--remove-tag", key]
        if description is not None:
            arguments += ["--description", description]
        arguments += _resources(resource_configuration)
        self._take(self.workspace, _call(self.workspace, "model", "update", "-i", self.id, *arguments))

    def delete(self):
        _call(self.workspace, "model", "delete", "-i", self.id)

    def serialize(self):
        return dict(self._value)

    @staticmethod
    def deserialize(workspace, model_payload):
        return Model._of(workspace, model_payload)

    def add_dataset_references(self, datasets):
        raise not_emulated("Model.add_dataset_references", _NO_DATASETS)

    def get_sas_urls(self):
        raise not_emulated("Model.get_sas_urls", "use download(): the model lies on this machine")

    @staticmethod
    def deploy(workspace, name, models, inference_config=None, deployment_config=None, deployment_target=None,
               overwrite=False, show_output=False):
        from azureml.core.webservice.webservice import _deploy

        return _deploy(workspace, name, models, inference_config, deployment_config, deployment_target, overwrite,
                       show_output)

    @staticmethod
    def package(workspace, models, inference_config=None, generate_dockerfile=False, image_name=None,
                image_label=None):
        raise not_emulated("Model.package", "nothing is packaged here: deploy the model, or use triton-local export")

    @staticmethod
    def profile(workspace, profile_name, models, inference_config, input_dataset, cpu=None, memory_in_gb=None,
                description=None):
        raise not_emulated("Model.profile", "measure with: npx triton-local bench")

    @staticmethod
    def print_configuration(models, inference_config, deployment_config, deployment_target):
        print("Models: %s" % ", ".join(getattr(model, "id", str(model)) for model in models))
        if inference_config:
            print("Entry script: %s" % inference_config.entry_script)
        if deployment_config:
            deployment_config.print_deploy_configuration()


def _call(_workspace, *arguments):
    try:
        return _cli.run(*arguments)
    except _cli.CliError as error:
        raise error.exception() from None


def _resources(configuration):
    if configuration is None:
        return []
    values = (("--cc", configuration.cpu), ("--gb", configuration.memory_in_gb), ("--gc", configuration.gpu))
    return [part for flag, value in values if value is not None for part in (flag, str(value))]


def _time(text):
    return datetime.strptime(text.replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S.%f%z")


__getattr__ = missing_from(__name__)
