"""As azureml-core has it: the resources of a service's container."""

from azureml.core.webservice.parts import ContainerResourceRequirements  # noqa: F401
