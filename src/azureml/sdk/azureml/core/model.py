"""Models, and how they are deployed."""

import ast
import os
import re
from datetime import datetime

from azureml._missing import missing_from, not_emulated
from azureml.core import _cli
from azureml.core.resource_configuration import ResourceConfiguration
from azureml.exceptions import UserErrorException, WebserviceException

_MODEL_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}")
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
        """Below AZUREML_MODEL_DIR in a deployment; elsewhere a copy in the folder `azureml-models`."""
        if os.path.exists(model_name) and version is None:
            return model_name
        model = Model(_workspace, model_name, version=version)
        folder = os.path.join("azureml-models", model.name, str(model.version))
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
            print("Deployment: %s" % deployment_config._members())


class InferenceConfig:
    """The entry script and what it runs in."""

    def __init__(self, entry_script, runtime=None, conda_file=None, extra_docker_file_steps=None,
                 source_directory=None, enable_gpu=None, description=None, base_image=None, base_image_registry=None,
                 cuda_version=None, environment=None):
        self.entry_script = entry_script
        self.runtime = runtime
        self.conda_file = conda_file
        self.extra_docker_file_steps = extra_docker_file_steps
        self.source_directory = source_directory
        self.enable_gpu = enable_gpu
        self.description = description
        self.base_image = base_image
        self.base_image_registry = base_image_registry
        self.cuda_version = cuda_version
        self.environment = environment
        self.validate_configuration()

    def validate_configuration(self):
        if not self.entry_script:
            raise WebserviceException("Error, need to specify entry_script.")
        if self.environment:
            if self.runtime or self.conda_file or self.extra_docker_file_steps or self.enable_gpu \
                    or self.cuda_version or self.base_image:
                raise WebserviceException(
                    "Error, unable to provide runtime, conda_file, extra_docker_file_steps, enable_gpu, "
                    "cuda_version, or base_image along with an environment object."
                )
            if self.environment.docker.base_dockerfile and self.environment.docker.base_image:
                raise WebserviceException(
                    "Error, only one of base_dockerfile or base_image should be provided to the environment.docker "
                    "object."
                )
        if self.source_directory:
            self.source_directory = os.path.realpath(self.source_directory)
            if not os.path.exists(self.source_directory):
                raise WebserviceException("source directory %s doesn't exist. " % self.source_directory)
        if not os.path.exists(self._script()):
            raise WebserviceException(
                "entry_script %s doesn't exist. entry_script should be path relative to current working directory"
                % os.path.normpath(self._script())
            )
        if os.path.splitext(self.entry_script)[1] != ".py":
            raise WebserviceException("Invalid driver type. Currently only Python drivers are supported.")
        self.validation_script_content()

    def validation_script_content(self):
        try:
            with open(self._script(), encoding="utf-8") as script:
                contents = script.read()
        except IOError:
            raise UserErrorException(
                "Failed to open %s, please check if it exists and the read permission. We can not deploy the model if "
                "we can not access this file." % self._script()
            ) from None
        try:
            ast.parse(contents, self._script())
        except Exception as error:
            raise UserErrorException(
                "%s. Please check it and try local deployment to verify." % error
            ) from None

    def build_create_payload(self, workspace, name, model_ids):
        raise not_emulated("InferenceConfig.build_create_payload", "deploy with Model.deploy")

    def build_profile_payload(self, profile_name, input_data=None, workspace=None, models=None, dataset_id=None,
                              container_resource_requirements=None, description=None):
        raise not_emulated("InferenceConfig.build_profile_payload", "measure with: npx triton-local bench")

    def _script(self):
        return os.path.join(self.source_directory or "", self.entry_script)

    def _members(self):
        """The inference configuration as the command line reads it (azureml.md 4.5)."""
        from azureml.core.environment import Environment

        given = {
            "entryScript": self.entry_script,
            "sourceDirectory": self.source_directory,
            "description": self.description,
            "runtime": self.runtime,
            "condaFile": self.conda_file,
            "extraDockerfileSteps": self.extra_docker_file_steps,
            "enableGpu": self.enable_gpu,
            "cudaVersion": self.cuda_version,
            "baseImage": self.base_image,
            "environment": self.environment and Environment._serialize_to_dict(self.environment),
        }
        return {key: value for key, value in given.items() if value is not None}


class ModelPackage:
    """What Model.package would give: nothing is packaged here."""

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
