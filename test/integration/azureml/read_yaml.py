"""Reads files of v2 with the real azure-ai-ml: argv[1] is a folder of files, argv[2] a JSON file with [[kind, name], ...].

Prints for each whether it is refused and, where marshmallow says so, the faults as [path, text].
"""
import json
import logging
import os
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from azure.ai.ml import load_environment, load_model, load_online_deployment, load_online_endpoint
from marshmallow import ValidationError

LOADERS = {
    "endpoint": load_online_endpoint,
    "deployment": load_online_deployment,
    "model": load_model,
    "environment": load_environment,
}
# Mappings with typed values: marshmallow puts "value" between the name and the fault.
MAPPINGS = {"traffic", "mirror_traffic", "collections"}


def flatten(node, path):
    if isinstance(node, str):
        yield [path, node]
    elif isinstance(node, list):
        for one in node:
            yield from flatten(one, path)
    else:
        for name, below in node.items():
            is_value = name == "value" and (path[-2:-1] and (path[-2] in MAPPINGS or path[-2].isdigit()))
            yield from flatten(below, path if is_value else path + [str(name)])


def read(kind, name):
    try:
        entity = LOADERS[kind](os.path.join(sys.argv[1], name))
        if kind == "deployment":
            # What it is asked before the cloud is.
            entity._validate()
            if entity.code_configuration:
                entity.code_configuration._validate()
        return {"refused": False, "faults": []}
    except ValidationError as error:
        cause = error.__cause__ if isinstance(error.__cause__, ValidationError) else error
        return {"refused": True, "faults": list(flatten(cause.normalized_messages(), []))}
    except Exception as error:
        return {"refused": True, "faults": None, "crash": "%s: %s" % (type(error).__name__, error)}


with open(sys.argv[2]) as file:
    print(json.dumps([read(kind, name) for kind, name in json.load(file)]))
