"""The life of one model instance in this process: load, execute, finalize."""

import os
import sys
import time

from _triton_local import streams


def serve(stream, options):
    """Does what the start message requests, until the parent has no more work."""
    os.environ.update(options["environment"])
    sys.argv = [""]
    try:
        # The model's environment provides numpy, without which nothing here works.
        from _triton_local.models import backend_utils, bls, failure, metrics
        from _triton_local.models import inbox as inboxes
        from _triton_local.models import model as models
        from _triton_local.models import wire
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        stream.send_control({"type": "failed", "message": "numpy", "stage": "numpy"})
        return
    inbox = inboxes.Inbox(stream)
    files = wire.TensorFiles(options["tensorFolder"])
    bls.connect(stream, inbox, files)
    began = time.perf_counter()
    try:
        version_directory = os.path.join(options["directory"], options["version"])
        backend_utils.install(stream, version_directory, options["instance"], options["task"] == "serve")
        model = models.Model(options["directory"], options["version"], options["filename"])
        if options["task"] == "autoComplete":
            config = model.auto_complete(options["config"])
            streams.finish_lines()
            stream.send_control({"type": "completed", "config": config})
            return
        model.initialize(options["arguments"])
    except BaseException as error:  # SystemExit too: if the model exits, the load has failed
        streams.finish_lines()
        known = isinstance(error, models.ModelFailure)
        file, line = failure.place(error, options["directory"])
        stream.send_control(
            {
                "type": "failed",
                "stage": "load",
                "message": str(error) if known else failure.triton_text(error),
                "traceback": failure.traceback_text(error),
                "file": file,
                "line": line,
            }
        )
        return
    streams.finish_lines()
    from _triton_local.models.batch import Executor

    executor = Executor(stream, inbox, files, model, options)
    bls.allow(options["decoupled"])
    stream.send_control({"type": "ready", "initMs": (time.perf_counter() - began) * 1e3})
    frame = inbox.next_batch()
    while frame is not None:
        executor.run(frame)
        frame = inbox.next_batch()
    bls.allow(False)
    try:
        model.finalize()
    except BaseException as error:
        stream.send_control(
            {"type": "finalizeFailed", "message": failure.summary(error), "traceback": failure.traceback_text(error)}
        )
    metrics.end()
    streams.finish_lines()
    stream.send_control({"type": "finalized"})
