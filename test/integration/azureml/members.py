"""Prints the public members of azureml-core's classes that we have too, with their signatures, as JSON: {class: {member:
signature}}; of whichever azureml is first on the path. The attributes of an object count too, with their first values."""

import importlib
import inspect
import json

CLASSES = {
    "azureml.core.authentication": [
        "AbstractAuthentication", "ArmTokenAuthentication", "Audience", "AzureCliAuthentication",
        "InteractiveLoginAuthentication", "MsiAuthentication", "ServicePrincipalAuthentication", "TokenAuthentication",
    ],
    "azureml.core.model": ["Model", "InferenceConfig", "ModelPackage"],
    "azureml.core.environment": [
        "DockerBuildContext", "DockerImagePlatform", "DockerSection", "Environment", "PythonSection", "RSection",
        "SparkPackage", "SparkSection",
    ],
    "azureml.core.webservice": ["Webservice", "AksWebservice", "AciWebservice", "LocalWebservice"],
    "azureml.core.webservice.aci": [
        "AciServiceDeploymentConfiguration", "ContainerResourceRequirements", "EncryptionProperties",
        "VnetConfiguration",
    ],
    "azureml.core.webservice.aks": [
        "AksServiceAccessToken", "AksServiceDeploymentConfiguration", "AutoScaler", "ContainerResourceRequirements",
        "DataCollection", "LivenessProbeRequirements",
    ],
    "azureml.core.webservice.container_resource_requirements": ["ContainerResourceRequirements"],
    "azureml.core.webservice.local": ["LocalWebserviceDeploymentConfiguration"],
    "azureml.core.webservice.unknown_webservice": ["UnknownWebservice"],
    "azureml.core.webservice.webservice": [
        "AutoScaler", "ContainerResourceRequirements", "DataCollection", "LivenessProbeRequirements",
        "WebServiceAccessToken", "WebserviceDeploymentConfiguration",
    ],
    "azureml.core.compute": ["AksCompute", "ComputeTarget"],
    "azureml.core.conda_dependencies": ["CondaDependencies"],
    "azureml.core.container_registry": ["ContainerRegistry", "RegistryIdentity"],
    "azureml.core.resource_configuration": ["ResourceConfiguration"],
    "azureml.core.workspace": ["Workspace"],
}
#: How an object of a class is made whose attributes count.
OBJECTS = {
    "Environment": lambda made: made("an-environment"),
    "DockerBuildContext": lambda made: made(),
    "DockerImagePlatform": lambda made: made(),
    "DockerSection": lambda made: made(),
    "PythonSection": lambda made: made(),
    "RSection": lambda made: made(),
    "SparkPackage": lambda made: made(),
    "SparkSection": lambda made: made(),
    "ContainerRegistry": lambda made: made(),
    "RegistryIdentity": lambda made: made(),
    "InferenceConfig": lambda made: made("score.py", environment=None),
    "AciServiceDeploymentConfiguration": lambda made: made(),
    "AksServiceDeploymentConfiguration": lambda made: made(**{
        name: None for name in inspect.signature(made).parameters
    }),
    "LocalWebserviceDeploymentConfiguration": lambda made: made(),
    "AutoScaler": lambda made: made.deserialize({
        "autoscaleEnabled": True, "maxReplicas": 3, "minReplicas": 1, "refreshPeriodInSeconds": 5,
        "targetUtilization": 70,
    }),
    "ContainerResourceRequirements": lambda made: made(1, 2),
    "DataCollection": lambda made: made.deserialize({"eventHubEnabled": None, "storageEnabled": True}),
    "EncryptionProperties": lambda made: made.deserialize({"vaultBaseUrl": "v", "keyName": "k", "keyVersion": "1"}),
    "VnetConfiguration": lambda made: made.deserialize({"vnetName": "v", "subnetName": "s"}),
    "LivenessProbeRequirements": lambda made: made(1, 2, 3, 4, 5),
    "WebServiceAccessToken": lambda made: made("token", "Bearer", 1, 2),
    "ResourceConfiguration": lambda made: made(1, 2, 3),
}


def members(cls):
    found = dict(inspect.getmembers(cls))
    told = {
        name: str(inspect.signature(value)).split(" ->")[0] if inspect.isroutine(value) else "a value"
        for name, value in found.items()
        if name == "__init__" or not name.startswith("_")
    }
    if cls.__name__ in OBJECTS:
        made = OBJECTS[cls.__name__](cls)
        for name in dir(made):
            value = getattr(made, name)
            if not name.startswith("_") and not inspect.isroutine(value):
                plain = value is None or isinstance(value, (bool, int, float, str, list, dict))
                told[name] = repr(value) if plain else "a value"
    return told


print(json.dumps({
    "%s.%s" % (module, name): members(getattr(importlib.import_module(module), name))
    for module, names in CLASSES.items()
    for name in names
}))
