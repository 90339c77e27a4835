"""The resources of a service's container; a module of azureml-core."""

from azureml.core.webservice.parts import ContainerResourceRequirements  # noqa: F401
