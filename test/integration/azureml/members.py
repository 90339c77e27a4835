"""Prints the public members of azureml-core's classes that we have too, with their signatures, as JSON: {class: {member:
signature}}; of whichever azureml is first on the path. What an object has besides its class counts."""

import importlib
import inspect
import json

CLASSES = {
    "azureml.core.model": ["Model", "InferenceConfig", "ModelPackage"],
    "azureml.core.environment": ["Environment", "DockerSection", "PythonSection"],
    "azureml.core.webservice": ["Webservice", "AksWebservice", "AciWebservice", "LocalWebservice"],
    "azureml.core.compute": ["AksCompute", "ComputeTarget"],
    "azureml.core.conda_dependencies": ["CondaDependencies"],
    "azureml.core.container_registry": ["ContainerRegistry"],
    "azureml.core.resource_configuration": ["ResourceConfiguration"],
    "azureml.core.workspace": ["Workspace"],
}
OBJECTS = {"Environment": ["an-environment"], "DockerSection": [], "PythonSection": [], "ContainerRegistry": []}


def members(cls):
    found = dict(inspect.getmembers(cls))
    if cls.__name__ in OBJECTS:
        made = cls(*OBJECTS[cls.__name__])
        found.update({name: None for name in dir(made) if name not in found})
    return {
        name: str(inspect.signature(value)).split(" ->")[0] if inspect.isroutine(value) else "a value"
        for name, value in found.items()
        if name == "__init__" or not name.startswith("_")
    }


print(json.dumps({
    name: members(getattr(importlib.import_module(module), name))
    for module, names in CLASSES.items()
    for name in names
}))
