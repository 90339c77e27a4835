"""What every program in this folder does first, and the preparation of spare processes."""

import faulthandler
import os
import sys
from importlib import import_module

HARNESS = os.path.dirname(os.path.abspath(__file__))


def report_crashes():
    """Makes a segmentation fault or an ended hang write its stack to stderr, and no core file into the project."""
    faulthandler.enable(file=2, all_threads=False)
    try:
        import resource
    except ImportError:  # Windows
        return
    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def forget_own_folder(first):
    """Makes the harness importable only as `_triton_local`, so that none of our names collides with a script's. `first`
    is the module to import at once."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != HARNESS]
    package = type(sys)("_triton_local")
    package.__path__ = [HARNESS]
    sys.modules["_triton_local"] = package
    sys.modules["_triton_local.program"] = sys.modules.pop(__name__)
    sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
    try:
        import_module("_triton_local." + first)
    finally:
        sys.dont_write_bytecode = kept


def connect(first):
    """Prepares this process, with `first` imported at once, and greets the parent. Returns the channel to it."""
    report_crashes()
    forget_own_folder(first)
    from _triton_local import channel, hooks, parent, streams

    end_children_with_us()
    wire = channel.Channel()
    parent.watch(wire.input)
    streams.install(wire)
    hooks.install()
    wire.send_control({"type": "hello", "pid": os.getpid(), "python": sys.version.split()[0]})
    return wire


def end_children_with_us():
    """Elsewhere the process group does this."""
    if os.name == "nt":
        from _triton_local import windows_job

        windows_job.keep_together()


def preload(names):
    """Imports installed libraries ahead of time. Leaves those that cannot be imported alone to the script."""
    for name in names:
        if name not in sys.modules:
            try:
                import_module(name)
            except BaseException:  # whatever a library does at import, the spare must survive
                pass
