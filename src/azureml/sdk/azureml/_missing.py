"""Stands in for the parts of Azure's packages that are not emulated: using one raises an error."""

import importlib
import re
import sys

_OUTSIDE = "use the Azure ML SDK outside of triton-local exec"

#: The modules of our own classes; azureml-core also has many of them in other modules.
_HOMES = {
    "azureml.core.compute": ("AksCompute", "ComputeTarget"),
    "azureml.core.conda_dependencies": ("CondaDependencies",),
    "azureml.core.container_registry": ("ContainerRegistry",),
    "azureml.core.environment": ("DockerSection", "Environment", "PythonSection", "SparkSection"),
    "azureml.core.model": ("InferenceConfig", "Model", "ModelPackage"),
    "azureml.core.resource_configuration": ("ResourceConfiguration",),
    "azureml.core.webservice": ("AciWebservice", "AksWebservice", "LocalWebservice", "Webservice"),
    "azureml.core.workspace": ("Workspace",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def not_emulated(what, instead):
    """The error for using `what`; `instead` says what to do here."""
    return NotImplementedError("%s is not emulated by triton-local: %s" % (what, instead))


class _Missing(type):
    """The metaclass of stand-ins for what is not emulated: importing one works, using it raises."""

    def __call__(cls, *_args, **_kwargs):
        raise not_emulated(cls._what, cls._instead)

    def __getattr__(cls, name):
        if name.startswith("_"):
            raise AttributeError(name)
        raise not_emulated("%s.%s" % (cls._what, name), cls._instead)


def missing(module, name, instead):
    """A stand-in for a class or function that is not emulated."""
    return _Missing(name, (), {"_what": "%s.%s" % (module, name), "_instead": instead, "__module__": module})


def asked_by_installed_package():
    """Whether the code that imports a module, or a name of it, belongs to an installed package.

    Such an import is optional, as that of `azureml.mlflow` in azure-ai-ml: the package expects an ImportError if it
    cannot have what it asks for, and does not expect ours.
    """
    frame = sys._getframe(1)
    while frame is not None:
        name, file = frame.f_globals.get("__name__", ""), frame.f_code.co_filename
        if not name.startswith(("importlib", "azureml", "_triton_local")) and not file.startswith("<frozen"):
            return not {"site-packages", "dist-packages"}.isdisjoint(re.split(r"[\\/]", file))
        frame = frame.f_back
    return False


def missing_from(module, instead=_OUTSIDE):
    """A `__getattr__` for a module: missing names can be imported and raise when used."""
    made = {}

    def find(name):
        if name.startswith("_") or asked_by_installed_package():
            raise AttributeError("module %r has no attribute %r" % (module, name))
        if name not in made:
            made[name] = _own(module, name) or missing(module, name, instead)
        return made[name]

    return find


def _own(module, name):
    """Our class of this name, and any exception of azureml-core."""
    home = _HOME_OF.get(name)
    if home is None and module != "azureml.exceptions" and name.endswith(("Exception", "Error")):
        home = "azureml.exceptions"
    return getattr(importlib.import_module(home), name, None) if home not in (None, module) else None
