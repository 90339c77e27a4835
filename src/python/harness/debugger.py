"""Lets a debugger attach before the script is loaded, with debugpy."""

import json
import os
import socket

from _triton_local import channel, script

#: The port that editors try by default; another one is used if it is taken.
_PORT = 5678
_SILENCE = "PYDEVD_DISABLE_FILE_VALIDATION"
_ATTACH = {"name": "triton-local", "type": "debugpy", "request": "attach", "justMyCode": True}


def wait_for_editor(wire):
    # Nobody can step into Python's own frozen modules; debugpy would warn of that at every start.
    os.environ[_SILENCE] = "1"
    import debugpy

    debugpy.configure(subProcess=False)
    host, port = debugpy.listen(("127.0.0.1", _PORT if _is_free(_PORT) else 0))
    settings = {**_ATTACH, "connect": {"host": host, "port": port}}
    _log(wire, "waiting for an editor; in VS Code, put this into .vscode/launch.json and start it:")
    _log(wire, json.dumps({"version": "0.2.0", "configurations": [settings]}, indent=2))
    debugpy.wait_for_client()
    del os.environ[_SILENCE]
    _log(wire, "the editor is attached")


def connect_to_editor(port):
    """Handles AZUREML_DEBUG_PORT as the real server does: connects to the editor, which listens there."""
    import debugpy

    try:
        debugpy.connect(int(port))
    except (OSError, ValueError) as error:
        raise script.ScriptError("No editor can be reached at AZUREML_DEBUG_PORT (%s): %s" % (port, error)) from None
    debugpy.wait_for_client()


def _log(wire, text):
    wire.send_log(channel.INFO, channel.WORKER, text)


def _is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
