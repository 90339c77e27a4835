"""The script's `sys.stdout` and `sys.stderr`: output is sent at once, in order and in whole lines.

Lines that belong together are sent in one frame, so that those of two workers do not mix: the output of one call, a
logging record, and a traceback, which Python prints frame by frame.
"""

import io
import os
import sys
import threading

from _triton_local import channel, hooks

#: Longer lines are split into pieces of this many characters (base/lines.ts has the same limit).
MAX_LINE_CHARACTERS = 65_536
#: Longer tracebacks are sent in parts.
_MAX_HELD_LINES = 2_000
_NO_EFFECT = (
    "logging.basicConfig() has no effect here, nor in the cloud: the scoring server has set logging up before the "
    "script. Give it force=True, or set levels with logging.getLogger().setLevel()."
)
_TRACEBACK = "Traceback (most recent call last):"


class LineStream(io.TextIOBase):
    """A text stream that collects whole lines, per thread, and sends them."""

    encoding = "utf-8"
    errors = "backslashreplace"
    mode = "w"
    line_buffering = True
    write_through = False

    def __init__(self, wire, name, level, descriptor):
        super().__init__()
        self.name = name
        self._wire = wire
        self._level = level
        self._descriptor = descriptor
        self._pending = threading.local()
        self.buffer = _Bytes(self)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        pending = self._pending.__dict__.get("text", "")
        whole, newline, rest = (pending + text).rpartition("\n")
        if newline:
            self._take(whole)
        while len(rest) > MAX_LINE_CHARACTERS:
            self.log(rest[:MAX_LINE_CHARACTERS], self._level)
            rest = rest[MAX_LINE_CHARACTERS:]
        self._pending.text = rest
        return len(text)

    def _take(self, whole):
        held = self._pending.__dict__.get("traceback")
        if held is None and _TRACEBACK not in whole:
            self.log(whole, self._level)
            return
        free = []
        for line in whole.split("\n"):
            if held is not None:
                held.append(line)
                # Frames are indented; the first line that is not names the exception and ends the traceback.
                if len(held) > _MAX_HELD_LINES or (line and not line[0].isspace()):
                    self.log("\n".join(held), channel.ERROR)
                    held = None
            elif line == _TRACEBACK:
                held = [line]
                self._log_lines(free)
                free = []
            else:
                free.append(line)
        self._pending.traceback = held
        self._log_lines(free)

    def _log_lines(self, lines):
        if lines:
            self.log("\n".join(lines), self._level)

    def log(self, text, level):
        send_text(self._wire, level, text)

    def finish_line(self):
        """Sends what this thread has written without a newline, and an incomplete traceback."""
        held = self._pending.__dict__.get("traceback")
        if held is not None:
            self._pending.traceback = None
            self.log("\n".join(held), channel.ERROR)
        rest = self._pending.__dict__.get("text")
        if rest:
            self._pending.text = ""
            self.log(rest, self._level)

    def reconfigure(self, **_settings):
        """Scripts call it for UTF-8 or no buffering; they always have both."""

    def writable(self):
        return True

    def isatty(self):
        return False

    def fileno(self):
        return self._descriptor


def send_text(wire, level, text):
    """Sends lines, in pieces if they are too long. Progress bars overwrite a line: only their last state is sent."""
    size, lines = 0, []
    for line in text.split("\n"):
        if "\r" in line:
            line = line.rstrip("\r").rpartition("\r")[2]
        for start in range(0, max(len(line), 1), MAX_LINE_CHARACTERS):
            piece = line[start : start + MAX_LINE_CHARACTERS]
            if lines and size + len(piece) > MAX_LINE_CHARACTERS:
                wire.send_log(level, channel.SCRIPT, "\n".join(lines))
                size, lines = 0, []
            lines.append(piece)
            size += len(piece) + 1
    wire.send_log(level, channel.SCRIPT, "\n".join(lines))


class _Bytes(io.RawIOBase):
    """The `sys.stdout.buffer` of scripts."""

    def __init__(self, stream):
        super().__init__()
        self._stream = stream

    def write(self, data):
        self._stream.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)

    def writable(self):
        return True

    def fileno(self):
        return self._stream.fileno()


def install(wire):
    """Installs the streams, and makes `logging` keep the level of its records. `logging` has no handler yet, as in any
    new process."""
    sys.stdout = LineStream(wire, "<stdout>", channel.INFO, 1)
    sys.stderr = LineStream(wire, "<stderr>", channel.WARNING, 2)
    hooks.after_import("logging", _keep_levels)
    _write_c_lines_at_once()


def _write_c_lines_at_once():
    """C libraries print into a pipe here, which would make them buffer their lines."""
    if os.name == "nt":
        return
    try:
        import ctypes

        libc = ctypes.CDLL(None)
        stdout = ctypes.c_void_p.in_dll(libc, "__stdoutp" if sys.platform == "darwin" else "stdout")
    except (ImportError, OSError, ValueError):  # a Python without ctypes, or an unknown C library: lines arrive late
        return
    line_buffered = 1  # _IOLBF in the C libraries of Linux and macOS
    libc.setvbuf(stdout, None, line_buffered, 0)


def finish_lines():
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, LineStream):
            stream.finish_line()


def set_logging_up(wire):
    """Sets `logging` up as the scoring server does before it loads an entry script."""
    hooks.after_import("logging", lambda logging: _set_logging_up(wire, logging))


def _set_logging_up(wire, logging):
    """Gives the root logger a handler before the script is loaded, as the real server does: a script's `basicConfig()`
    then does nothing, and a line says so."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    logging.root.addHandler(handler)
    original = logging.basicConfig

    def basicConfig(**settings):
        if settings and logging.root.handlers and not settings.get("force"):
            logging.basicConfig = original
            wire.send_log(channel.WARNING, channel.WORKER, _NO_EFFECT)
        original(**settings)

    logging.basicConfig = basicConfig


def _keep_levels(logging):
    """Makes a handler that writes to one of our streams send its formatted record with the record's own level."""
    original = logging.StreamHandler.emit

    def emit(self, record):
        stream = self.stream
        if not isinstance(stream, LineStream):
            return original(self, record)
        try:
            stream.log(self.format(record), _level_of(record.levelno))
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)
        return None

    logging.StreamHandler.emit = emit


def _level_of(number):
    if number >= 40:
        return channel.ERROR
    if number >= 30:
        return channel.WARNING
    return channel.INFO if number >= 20 else channel.DEBUG
