"""Ends this process when its parent has ended, even while `run()` keeps the main thread busy."""

import os
import signal
import threading
import time

_GRACE_SECONDS = 1.0
_CHECK_MILLISECONDS = 2_000


def watch(input_fd):
    """Starts the watcher. It never reads from the pipe: only the main thread reads frames."""
    target = _watch_windows if os.name == "nt" else _watch_posix
    # The first calls are made here, before a script can replace what they use (gevent's monkey patches).
    threading.Thread(target=target, args=(input_fd, os.getppid()), daemon=True, name="parent-watch").start()


def _watch_posix(input_fd, parent, sleep=time.sleep):
    import select

    # The main thread handles signals: a blocked system call there must be woken by its timeout.
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.valid_signals()))
    poller = select.poll()
    poller.register(input_fd, 0)  # requests no event: a closed other end is always reported
    while not poller.poll(_CHECK_MILLISECONDS) and os.getppid() == parent:
        pass
    sleep(_GRACE_SECONDS)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


def _watch_windows(_input_fd, parent, sleep=time.sleep):
    import ctypes

    synchronize, forever = 0x00100000, 0xFFFFFFFF
    kernel = ctypes.windll.kernel32
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(synchronize, False, parent)
    if not handle:
        return
    kernel.WaitForSingleObject(ctypes.c_void_p(handle), forever)
    sleep(_GRACE_SECONDS)
    os._exit(0)
