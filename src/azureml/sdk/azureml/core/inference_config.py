"""The entry script and what it runs in; `azureml.core.model` has it too, as azureml-core does."""

import ast
import os

from azureml._missing import not_emulated
from azureml.core.container_registry import ContainerRegistry
from azureml.exceptions import UserErrorException, WebserviceException


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
        self.base_image_registry = base_image_registry or ContainerRegistry()
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
        """The inference configuration as az reads it (docs/reference/azureml.md#inference-configuration)."""
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
