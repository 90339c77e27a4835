"""`logging.json` in the source directory or next to the script configures `logging`
(docs/reference/azureml.md#logging)."""

import json
import os

from _triton_local import channel, script


def load(wire, directory, entry_script):
    for folder in (directory, os.path.dirname(entry_script)):
        path = os.path.join(folder, "logging.json")
        if os.path.isfile(path):
            _apply(path)
            wire.send_log(channel.INFO, channel.WORKER, "Loaded logging config from %s" % path)
            return


def _apply(path):
    from logging import config

    try:
        with open(path, encoding="utf-8") as file:
            config.dictConfig(json.load(file))
    except Exception as error:  # a wrong key or class can raise anything
        raise script.ScriptError("Invalid logging config in %s: %s" % (path, error), file=path) from None
