"""Prints as JSON what the public modules of azureml-core hold: {module: [name, ...]} of the real package; or, given such
a JSON file, what ours say of them: {module: {name: "there" or what using it says}}."""

import importlib
import inspect
import json
import pkgutil
import sys
import warnings

warnings.simplefilter("ignore")


def modules(path, prefix):
    for module in pkgutil.iter_modules(path, prefix):
        if not any(part.startswith("_") for part in module.name.split(".")):
            yield module.name
            if module.ispkg:
                yield from modules(importlib.import_module(module.name).__path__, module.name + ".")


def names(module):
    """What it exports, or defines."""
    exported = getattr(module, "__all__", None)
    if exported is not None:
        return sorted(exported)
    return sorted(
        name for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and getattr(value, "__module__", "") == module.__name__
    )


def outcome(module, name):
    try:
        value = getattr(importlib.import_module(module), name)
    except (AttributeError, ImportError) as error:
        return "missing: %s" % error
    if type(value).__name__ != "_Missing":
        return "there"
    try:
        value.anything
    except NotImplementedError as error:
        return str(error)
    return "silent"


if len(sys.argv) == 1:
    import azureml.core

    print(json.dumps({name: names(importlib.import_module(name)) for name in modules(azureml.__path__, "azureml.")}))
else:
    with open(sys.argv[1]) as file:
        real = json.load(file)
    print(json.dumps({module: {name: outcome(module, name) for name in found} for module, found in real.items()}))
