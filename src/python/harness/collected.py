"""Data that scripts collect about their models, in one folder with the layout of the cloud's storage.

The collectors are azureml.monitoring (v1, CSV) and azureml.ai.monitoring (v2, JSON lines);
docs/reference/azureml.md#data-collection. If the real packages are installed, they do everything but the sending, which
we replace: v1 sends through a native library that no current system can load, v2 to a process that only exists in the
cloud.
"""

import csv
import io
import json
import os
import sys
import tempfile
import time
import uuid

from _triton_local import hooks

#: The size at which nothing more is appended to a file.
MAX_FILE_BYTES = 1 << 30
#: Designations that name their files; the files of others are named after the collection.
_FIXED_NAMES = ("inputs", "predictions", "labels")

_directory = None
_full = set()


def install(directory):
    global _directory
    _directory = directory
    hooks.after_import("azureml.monitoring.modeldatacollector", _replace_library)
    hooks.after_import("azureml.ai.monitoring.worker.sender", _replace_sender)


def csv_text(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def append_csv(place, header, data, day=None):
    """Appends CSV to a day's file of a v1 collector. `place`: workspace, service, model, version, designation and
    collection; `header`, if given, begins a new file; `day` is a struct_time, by default today."""
    workspace, *names, designation, collection = place
    file = designation if designation in _FIXED_NAMES else collection
    date = time.strftime("%Y/%m/%d", day or time.gmtime()).split("/")
    _append(["modeldata", *workspace.split("/"), *names, designation, *date, file + ".csv"], data, header)


def append_event(collection, record):
    """Appends one CloudEvent of a v2 collector to the hour's file."""
    service = os.environ.get("SERVICE_NAME") or "default"
    hour = time.strftime("%Y/%m/%d/%H", time.gmtime()).split("/")
    line = json.dumps(record, separators=(",", ":")) + "\n"
    _append(["modelDataCollector", service, "default", collection, *hour, "local.jsonl"], line)


def make_event(collection, content, content_type, kind, agent, correlation, moment, model_version):
    size = len(content if isinstance(content, bytes) else content.encode("utf-8"))
    record = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "triton-local",
        "type": "azureml.inference.%s" % collection,
        "datacontenttype": content_type,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
        "data": json.loads(content) if content_type == "application/json" else content.decode("utf-8", "replace"),
        "correlationid": correlation,
        "xrequestid": correlation,
        "modelversion": model_version,
        "collectdatatype": kind,
        "agent": agent,
        "contentrange": "bytes 0-%d/%d" % (size - 1, size),
    }
    return {key: value for key, value in record.items() if value is not None}


def _append(parts, text, header=None):
    """Several workers write the same file: the header is written when the file is created, each piece in one write."""
    path = os.path.join(_directory, *(_safe(part) for part in parts))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if header and not os.path.exists(path):
        _make_first(path, header.encode("utf-8"))
    with open(path, "ab", buffering=0) as file:
        if file.tell() < MAX_FILE_BYTES:
            file.write(text.encode("utf-8"))
        elif path not in _full:
            _full.add(path)
            sys.stderr.write("%s is full (1 GiB): what is collected from now on is lost\n" % path)


def _make_first(path, content):
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), suffix=".tmp")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            if not os.path.exists(path):
                os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _safe(part):
    """Makes any text of the script a valid name in a path."""
    kept = "".join(one if one.isalnum() or one in "-_." else "_" for one in str(part))[:128]
    return "_" if kept.strip(".") == "" else kept


def _replace_library(module):
    if getattr(module.ModelDataCollector, "_lib", module) is None:
        from _triton_local import collected_library

        module.ModelDataCollector._lib = collected_library


def _replace_sender(module):
    if "AZUREML_MDC_HOST" not in os.environ:
        module.MdcSender = _Sender


class _Sender:
    """Replaces azureml.ai.monitoring's own class, which posts to a process next to the cloud's container."""

    def __init__(self, host, port):
        pass

    def send(self, payload):
        record = make_event(
            payload.designation(),
            payload.content(),
            payload.contenttype(),
            payload.type(),
            payload.agent(),
            payload.correlation_id(),
            payload.time(),
            payload.model_version(),
        )
        append_event(payload.designation(), record)
        return True, "written"
