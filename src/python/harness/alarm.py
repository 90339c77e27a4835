"""Time limits for the script's functions, by SIGALRM in the main thread, as in the real server.

Python only interrupts Python code: C code that does not return ends with its worker, at WORKER_TIMEOUT.
"""

import signal
import threading

# Called for every request: the wrapper in `signal` spends 2 microseconds on turning the handler into an enum member.
from _signal import getsignal
from contextlib import contextmanager

SUPPORTED = hasattr(signal, "SIGALRM")


class Alarm:
    """A limit that is set and cleared around many calls; `set()` and `clear()` are two system calls in all."""

    def __init__(self, wire, milliseconds, make_error):
        self._wire = wire
        self._seconds = max(milliseconds / 1000, 1e-6)
        self._make_error = make_error
        self._handler = self._ring
        self._usable = SUPPORTED and threading.current_thread() is threading.main_thread()

    def set(self):
        if self._usable:
            # As in the real server, a handler of the script's own is replaced while run() runs.
            if getsignal(signal.SIGALRM) is not self._handler:
                signal.signal(signal.SIGALRM, self._handler)
            signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def clear(self):
        if self._usable:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._wire.raise_later = None

    def _ring(self, _number, _frame):
        error = self._make_error()
        if self._wire.writer == self._wire.main_thread:
            self._wire.raise_later = error
        else:
            raise error


@contextmanager
def limit(wire, milliseconds, error):
    """Raises `error` in the block when it takes too long."""
    alarm = Alarm(wire, milliseconds, lambda: error)
    alarm.set()
    try:
        yield
    finally:
        alarm.clear()
