"""Environments: what entry scripts run in."""

import copy
import json
import os

from azureml._missing import missing_from, not_emulated
from azureml.core import _cli
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.container_registry import ContainerRegistry
from azureml.core.environment_parts import (  # noqa: F401
    DockerBuildContext, DockerImagePlatform, RCranPackage, RGitHubPackage, RSection, SparkPackage, SparkSection,
)
from azureml.exceptions import UserErrorException

#: The images that azureml-core names by default. They are for training; here the default means no image.
DEFAULT_CPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20251130.v1"
DEFAULT_GPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04:20251130.v1"
_FILE = "azureml_environment.json"
_NO_BUILD = "nothing is built here: deploy, and the environment is made as it is needed"


class PythonSection:
    """Which Python, with which packages."""

    def __init__(self, **kwargs):
        self.interpreter_path = "python"
        self.user_managed_dependencies = False
        self.conda_dependencies = CondaDependencies()
        self._conda_dependencies_file = None

    @property
    def conda_dependencies_file(self):
        return self._conda_dependencies_file

    @conda_dependencies_file.setter
    def conda_dependencies_file(self, value):
        self._conda_dependencies_file = value
        if value:
            self.conda_dependencies = CondaDependencies(value)


class DockerSection:
    """The image: the docker engine's affair here."""

    def __init__(self, **kwargs):
        self.enabled = False
        self._base_image = DEFAULT_CPU_IMAGE
        self._base_dockerfile = None
        self.build_context = None
        self.gpu_support = True
        self.shared_volumes = True
        self.shm_size = "2g"
        self.arguments = []
        self.base_image_registry = ContainerRegistry()
        self.platform = DockerImagePlatform()

    @property
    def base_image(self):
        return self._base_image

    @base_image.setter
    def base_image(self, value):
        """An image and a Dockerfile exclude each other: the later one counts."""
        self._base_image = value or None
        if value:
            self._base_dockerfile = None

    @property
    def base_dockerfile(self):
        return self._base_dockerfile

    @base_dockerfile.setter
    def base_dockerfile(self, value):
        """The text of a Dockerfile, its path, or an open file."""
        if hasattr(value, "read"):
            value = value.read()
        elif value and os.path.isfile(value):
            with open(value, encoding="utf-8") as file:
                value = file.read()
        self._base_dockerfile = value or None
        if value:
            self._base_image = None


class Environment:
    """A named set of packages, variables and an image."""

    def __init__(self, name, **kwargs):
        self.name = name
        self.version = kwargs.get("version")
        self.environment_variables = {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
        self.python = PythonSection()
        self.docker = DockerSection()
        self.spark = SparkSection()
        self.databricks = None
        self.r = None
        self.inferencing_stack_version = None
        self.asset_id = None
        self._rest = {}

    def __repr__(self):
        return "Environment(Name: %s,\nVersion: %s)" % (self.name, self.version)

    @staticmethod
    def get(workspace, name, version=None, label=None):
        more = [] if version is None else ["--version", str(version)]
        try:
            return Environment._deserialize(workspace._run("environment", "show", "-n", name, *more))
        except _cli.CliError as error:
            raise Exception("Error retrieving the environment definition. %s" % error) from None

    @staticmethod
    def list(workspace):
        found = workspace._run("environment", "list")
        return {one["name"]: Environment._deserialize(one) for one in found}

    def register(self, workspace):
        with _EnvironmentFolder(self) as folder:
            registered = workspace._run("environment", "register", "-d", folder)
        self.version = registered["version"]
        return Environment._deserialize(registered)

    def clone(self, new_name):
        if not new_name:
            raise UserErrorException("Name is required to instantiate an Environment object")
        cloned = copy.deepcopy(self)
        cloned.python.conda_dependencies = self.python.conda_dependencies
        cloned.name = new_name
        cloned.version = None
        return cloned

    @staticmethod
    def from_conda_specification(name, file_path):
        made = Environment(name)
        made.python.conda_dependencies_file = file_path
        return made

    @staticmethod
    def from_pip_requirements(name, file_path, pip_version=None):
        with open(file_path, encoding="utf-8") as file:
            lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
        made = Environment(name)
        made.python.conda_dependencies.set_pip_requirements(lines)
        return made

    @staticmethod
    def from_docker_image(name, image, container_registry=None, conda_specification=None, pip_requirements=None):
        made = Environment(name)
        if conda_specification:
            made.python.conda_dependencies_file = conda_specification
        elif pip_requirements:
            made = Environment.from_pip_requirements(name, pip_requirements)
        else:
            made.python.user_managed_dependencies = True
        made.docker.base_image = image
        if container_registry:
            made.docker.base_image_registry = container_registry
        return made

    @staticmethod
    def from_dockerfile(name, dockerfile, conda_specification=None, pip_requirements=None):
        made = Environment.from_docker_image(name, None, None, conda_specification, pip_requirements)
        made.docker.base_dockerfile = dockerfile
        return made

    @staticmethod
    def from_docker_build_context(name, docker_build_context):
        raise not_emulated("Environment.from_docker_build_context", _NO_BUILD)

    @staticmethod
    def from_existing_conda_environment(name, conda_environment_name):
        raise not_emulated(
            "Environment.from_existing_conda_environment",
            "set TRITON_LOCAL_PYTHON to the interpreter of that environment",
        )

    @staticmethod
    def add_private_pip_wheel(workspace, file_path, exist_ok=False):
        """The wheel can be installed from where it is."""
        return os.path.abspath(file_path)

    @staticmethod
    def label(workspace, name, version, labels):
        raise not_emulated("Environment.label", "ask for an environment by its version")

    def build(self, workspace, image_build_compute=None):
        raise not_emulated("Environment.build", _NO_BUILD)

    def build_local(self, workspace, platform=None, **kwargs):
        raise not_emulated("Environment.build_local", _NO_BUILD)

    def get_image_details(self, workspace):
        raise not_emulated("Environment.get_image_details", _NO_BUILD)

    def save_to_directory(self, path, overwrite=False):
        os.makedirs(path, exist_ok=overwrite)
        with open(os.path.join(path, _FILE), "w", encoding="utf-8") as file:
            json.dump(Environment._serialize_to_dict(self), file, indent=4)

    @staticmethod
    def load_from_directory(path):
        with open(os.path.join(path, _FILE), encoding="utf-8") as file:
            return Environment._deserialize(json.load(file))

    @staticmethod
    def _serialize_to_dict(environment):
        """The members of azureml-core's serialised Environment; what came with it and is unknown stays."""
        python, docker = environment.python, environment.docker
        registry = docker.base_image_registry
        rest = environment._rest
        return dict(
            rest,
            name=environment.name,
            version=environment.version,
            environmentVariables={key: str(value) for key, value in (environment.environment_variables or {}).items()},
            python=dict(
                rest.get("python") or {},
                userManagedDependencies=python.user_managed_dependencies,
                interpreterPath=python.interpreter_path,
                condaDependenciesFile=None,
                condaDependencies=None
                if python.user_managed_dependencies or python.conda_dependencies is None
                else python.conda_dependencies.as_dict(),
            ),
            docker=dict(
                rest.get("docker") or {},
                enabled=docker.enabled,
                baseImage=None if docker.base_image == DEFAULT_CPU_IMAGE else docker.base_image,
                baseDockerfile=docker.base_dockerfile,
                sharedVolumes=docker.shared_volumes,
                shmSize=docker.shm_size,
                arguments=docker.arguments,
                baseImageRegistry={
                    "address": registry.address, "username": registry.username, "password": registry.password
                },
            ),
            inferencingStackVersion=environment.inferencing_stack_version,
        )

    @staticmethod
    def _deserialize(value):
        made = Environment(value["name"])
        made._rest = value
        made.version = value.get("version")
        made.environment_variables = dict(value.get("environmentVariables") or {})
        python, docker = value.get("python") or {}, value.get("docker") or {}
        made.python.user_managed_dependencies = python.get("userManagedDependencies") or False
        made.python.interpreter_path = python.get("interpreterPath") or "python"
        if python.get("condaDependencies"):
            made.python.conda_dependencies = CondaDependencies(_underlying_structure=python["condaDependencies"])
        made.docker.enabled = docker.get("enabled") or False
        made.docker.base_image = docker.get("baseImage")
        made.docker.base_dockerfile = docker.get("baseDockerfile")
        made.inferencing_stack_version = value.get("inferencingStackVersion")
        return made


class _EnvironmentFolder:
    """An environment in a temporary folder, for a flag that takes one."""

    def __init__(self, environment):
        self._environment = environment

    def __enter__(self):
        import tempfile

        self._folder = tempfile.TemporaryDirectory()
        self._environment.save_to_directory(self._folder.name, overwrite=True)
        return self._folder.name

    def __exit__(self, *_exception):
        self._folder.cleanup()


#: Names that azureml-core keeps from before.
DockerEnvironment, PythonEnvironment, SparkEnvironment = DockerSection, PythonSection, SparkSection

__getattr__ = missing_from(__name__)
