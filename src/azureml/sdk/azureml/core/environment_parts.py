"""Parts of an environment that are kept as they are given; `azureml.core.environment` has them, as azureml-core does."""

from enum import Enum

from azureml._missing import not_emulated


class DockerImagePlatform:
    def __init__(self):
        self.os = "Linux"
        self.architecture = "amd64"


class DockerBuildContext:
    class LocationType(Enum):
        Git = "git"
        StorageAccount = "storageaccount"

    def __init__(self, location_type=None, location=None, dockerfile_path="Dockerfile"):
        self.location_type = location_type
        self.location = location
        self.dockerfile_path = dockerfile_path

    @staticmethod
    def from_local_directory(workspace, path, dockerfile_path="Dockerfile"):
        raise not_emulated(
            "DockerBuildContext.from_local_directory",
            "no image is built here: build it with docker, and give its name as docker.base_image",
        )


class SparkPackage:
    def __init__(self, group=None, artifact=None, version=None):
        self.group = group
        self.artifact = artifact
        self.version = version


class SparkSection:
    def __init__(self, **kwargs):
        self.repositories = []
        self.packages = []
        self.precache_packages = True


class RCranPackage:
    def __init__(self):
        self.name = None
        self.version = None
        self.repository = None


class RGitHubPackage:
    def __init__(self):
        self.repository = None
        self.auth_token = None


class RSection:
    def __init__(self):
        self.r_version = None
        self.user_managed = False
        self.rscript_path = None
        self.snapshot_date = None
        self.cran_packages = None
        self.github_packages = None
        self.custom_url_packages = None
        self.bioconductor_packages = None
