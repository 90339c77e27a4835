"""One worker process: takes frames from its parent on stdin, runs the entry script, answers on stdout.

Started as a program with no arguments; everything it needs to know comes in frames (see channel.py). Whoever imports
this file instead (multiprocessing does, to find `__main__`) gets nothing but names.
"""

import faulthandler
import os
import sys

if sys.version_info < (3, 8):
    sys.stderr.write("Python 3.8 or newer is needed, this is %s\n" % sys.version.split()[0])
    sys.exit(78)

HARNESS = os.path.dirname(os.path.abspath(__file__))


def main():
    tell_of_crashes()
    forget_own_folder()
    from _triton_local import channel, forks, hooks, parent, session, streams

    if os.name == "nt":
        from _triton_local import windows_job

        windows_job.keep_together()
    wire = channel.Channel()
    parent.watch(wire.input)
    streams.install(wire)
    hooks.install()
    wire.send_control({"type": "hello", "pid": os.getpid(), "python": sys.version.split()[0]})

    preloaded = False
    serve = None
    while True:
        frame = wire.read_frame()
        if frame is None:
            return
        if serve is not None:
            if frame[4] == channel.REQUEST:
                serve(frame)
                continue
            message = channel.read_control(frame)
            if message["type"] == "fork":  # the other kind cancels a reply that is complete by now
                forks.fork(wire, message["socket"])
            continue
        message = channel.read_control(frame)
        if message["type"] == "preload":
            preload(message["modules"])
            preloaded = True
            wire.send_control({"type": "preloaded"})
        elif message["type"] == "start":
            serve = session.start(wire, message, preloaded)
            if serve is None:
                wire.close()
                sys.exit(3)


def tell_of_crashes():
    """A segmentation fault, or an end because of a hang, leaves the stack on stderr and no core file in the project."""
    faulthandler.enable(file=2, all_threads=False)
    try:
        import resource
    except ImportError:  # Windows
        return
    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def forget_own_folder():
    """Makes the harness importable as `_triton_local` alone, so that no name of ours stands in a script's way."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != HARNESS]
    package = type(sys)("_triton_local")
    package.__path__ = [HARNESS]
    sys.modules["_triton_local"] = package
    sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
    try:
        from _triton_local import session  # noqa: F401
    finally:
        sys.dont_write_bytecode = kept


def preload(names):
    """Imports installed libraries ahead of time. What cannot be imported alone is left to the script."""
    from importlib import import_module

    for name in names:
        if name not in sys.modules:
            try:
                import_module(name)
            except BaseException:  # whatever a library does at import, the spare must live
                pass


if __name__ == "__main__":
    main()
