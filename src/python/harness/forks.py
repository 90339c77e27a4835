"""`WORKER_PRELOAD`: one process loads the script and runs `init()`, and its forks serve, as with gunicorn's preload.

The fork's channel and stderr are two connections to a socket on which the parent listens for it. The process that
forks answers no requests; it reports to the parent how its forks end, since only it can know.
"""

import os
import signal
import socket
import threading
import warnings

from _triton_local import channel, parent, streams

_FAILED = 70  # EX_SOFTWARE


def fork(wire, path):
    """Forks a worker that connects to the socket `path`, and reports its process id. Returns in both processes."""
    streams.finish_lines()
    # The script's own handler must not collect the exits of our forks; gunicorn replaces it too.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 3.12 warns if there are threads, and one of ours always runs
            pid = os.fork()
    except OSError as error:
        wire.send_control({"type": "forked", "pid": 0, "error": str(error)})
        return
    if pid == 0:
        try:
            _enter(wire, path)
        except BaseException as error:
            wire.send_log(channel.ERROR, channel.WORKER, "a forked worker cannot be reached: %r" % error)
            os._exit(_FAILED)
        return
    wire.send_control({"type": "forked", "pid": pid, "error": None})
    threading.Thread(target=_tell_end, args=(wire, pid), daemon=True, name="fork-%d" % pid).start()


def _enter(wire, path):
    os.setsid()
    frames, errors = _connect(path), _connect(path)
    for descriptor in (1, 2):
        os.dup2(errors, descriptor)
    os.close(errors)
    wire.move_to(frames)
    parent.watch(wire.input)


def _connect(path):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    connection.setblocking(True)  # regardless of the default that the script has set
    return connection.detach()


def _tell_end(wire, pid):
    # The main thread handles signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.valid_signals()))
    code = name = None
    try:
        _pid, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            name = _name_of(os.WTERMSIG(status))
        else:
            code = os.WEXITSTATUS(status)
    except ChildProcessError:  # the script has waited for it
        pass
    wire.send_control({"type": "ended", "pid": pid, "code": code, "signal": name})


def _name_of(number):
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return "signal %d" % number
