"""`sys.stdout` and `sys.stderr` of the script: each line becomes a log frame at once and in order."""

import io
import sys
import threading

from _triton_local import channel, hooks

#: Longer lines are cut into pieces of this many characters (base/lines.ts has the same bound).
MAX_LINE_CHARACTERS = 65_536


class LineStream(io.TextIOBase):
    """A text stream that collects whole lines, per thread, and sends them."""

    encoding = "utf-8"
    errors = "backslashreplace"

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
            for line in whole.split("\n"):
                self.log(line, self._level)
        while len(rest) > MAX_LINE_CHARACTERS:
            self.log(rest[:MAX_LINE_CHARACTERS], self._level)
            rest = rest[MAX_LINE_CHARACTERS:]
        self._pending.text = rest
        return len(text)

    def log(self, line, level):
        """Sends one line, in pieces where it is too long. Progress bars overwrite a line: their last state counts."""
        if line.endswith("\r"):
            line = line[:-1]
        if "\r" in line:
            line = line.rpartition("\r")[2]
        send = self._wire.send_log
        if len(line) <= MAX_LINE_CHARACTERS:
            send(level, channel.SCRIPT, line)
        else:
            for start in range(0, len(line), MAX_LINE_CHARACTERS):
                send(level, channel.SCRIPT, line[start : start + MAX_LINE_CHARACTERS])

    def finish_line(self):
        """Sends what this thread has written without a newline."""
        rest = self._pending.__dict__.get("text")
        if rest:
            self._pending.text = ""
            self.log(rest, self._level)

    def writable(self):
        return True

    def isatty(self):
        return False

    def fileno(self):
        return self._descriptor


class _Bytes(io.RawIOBase):
    """What scripts reach as `sys.stdout.buffer`."""

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
    """Puts the streams in place and lets `logging` keep the level of its records."""
    sys.stdout = LineStream(wire, "<stdout>", channel.INFO, 1)
    sys.stderr = LineStream(wire, "<stderr>", channel.WARNING, 2)
    hooks.after_import("logging", _keep_levels)


def finish_lines():
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, LineStream):
            stream.finish_line()


def _keep_levels(logging):
    """A handler that writes to one of our streams sends its formatted record with the record's own level. Handlers
    and formats stay the script's; none is added, or `basicConfig()` in a script would do nothing."""
    original = logging.StreamHandler.emit

    def emit(self, record):
        stream = self.stream
        if not isinstance(stream, LineStream):
            return original(self, record)
        try:
            level = _level_of(record.levelno)
            for line in self.format(record).split("\n"):
                stream.log(line, level)
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
