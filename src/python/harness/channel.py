"""Frames between this process and its parent.

Every frame is a little-endian u32 with the length of what follows it, then a u8 kind. Parent to worker: CONTROL
(JSON) and REQUEST (method, content type, head and body, see HEADER_REQUEST). Worker to parent: CONTROL, REPLY
(HEADER_REPLY, headers as JSON or nothing for the usual ones, body), CHUNK (HEADER_CHUNK, the next piece of a streamed
body; the last one says how it ended) and LOG (HEADER_LOG, lines of text that belong together). frames.ts is the other
side: change both together.
"""

import os
import struct
import sys
import threading
from io import FileIO
from json import dumps, loads

CONTROL, REQUEST, REPLY, LOG, CHUNK = 1, 2, 3, 4, 5

# length, kind, unused
HEADER_CONTROL = struct.Struct("<IBxxx")
# length, kind, length of the method, of the content type, of the head (JSON: [target, [[name, value], ...]])
HEADER_REQUEST = struct.Struct("<IBBHI")
# length, kind, flags, status, milliseconds inside run(), length of the headers (JSON: [[name, value], ...])
HEADER_REPLY = struct.Struct("<IBBHdI")
# length, kind, level, source
HEADER_LOG = struct.Struct("<IBBBx")
# length, kind, what follows
HEADER_CHUNK = struct.Struct("<IBBxx")

SCRIPT, WORKER = 0, 1
DEBUG, INFO, WARNING, ERROR = 0, 1, 2, 3
#: What follows a piece of a streamed body: another piece, the end, or a break before the body is complete.
MORE, END, CUT_OFF = 0, 1, 2

_READ_BYTES = 1 << 16
_JOIN_BYTES = 1 << 20


class Channel:
    """Owns the real stdin and stdout. Afterwards file descriptor 0 is empty and 1 is where 2 goes, so that neither
    `input()` nor a C library's print can disturb a frame."""

    def __init__(self):
        if os.name == "nt":
            import msvcrt

            for descriptor in (0, 1):
                msvcrt.setmode(descriptor, os.O_BINARY)
        self.input = os.dup(0)
        self._output = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        sys.stdin = open(0, closefd=False)
        self._open_input()
        # Kept, since gevent's monkey patches replace these functions.
        self._lock = threading.Lock()
        self._write, self._read = os.write, os.read
        self._get_ident = threading.get_ident
        self.main_thread = threading.get_ident()
        #: The thread that is writing a frame. A signal handler that is about to raise in the main thread checks this first
        #: and leaves its error in `raise_later`: a frame must not be left half written.
        self.writer = None
        self.raise_later = None
        self._postponed = []
        self.muted = False
        #: Whether this is a child that user code has forked.
        self.is_forked = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)

    def _open_input(self):
        self._reader = FileIO(self.input, "rb", closefd=False)
        self._has_input = _input_watcher(self.input)
        self._rest = b""

    def move_to(self, descriptor):
        """In a forked child: uses this socket from now on, and closes its parent's pipes."""
        os.close(self.input)
        os.close(self._output)
        self.input, self._output = descriptor, os.dup(descriptor)
        self._open_input()
        self.muted = self.is_forked = False

    def read_frame(self):
        """Returns the next frame, including its length, as bytes or a bytearray; None if the pipe was closed."""
        data = self._rest or self._read(self.input, _READ_BYTES)
        while len(data) < 4:
            more = self._read(self.input, _READ_BYTES) if data else b""
            if not more:
                return None
            data += more
        end = 4 + int.from_bytes(data[:4], "little")
        if len(data) == end:
            self._rest = b""
            return data
        if len(data) > end:
            self._rest = data[end:]
            return data[:end]
        self._rest = b""
        frame = bytearray(end)
        at = len(data)
        frame[:at] = data
        view = memoryview(frame)
        while at < end:
            got = self._reader.readinto(view[at:])
            if not got:
                return None
            at += got
        return frame

    def is_cancelled(self):
        """Whether the parent has cancelled the reply that is being streamed, the only frame that it sends during one."""
        if not self.has_input():
            return False
        self.read_frame()
        return True

    def has_input(self):
        """Whether a frame or the end of the input has begun to arrive."""
        return bool(self._rest) or self._has_input()

    def send_control(self, message):
        payload = dumps(message).encode("ascii")
        self._send(HEADER_CONTROL.pack(len(payload) + 4, CONTROL), payload)

    def send_reply(self, flags, status, run_ms, headers, body):
        size = len(headers) + len(body) + HEADER_REPLY.size - 4
        self._send(HEADER_REPLY.pack(size, REPLY, flags, status, run_ms, len(headers)) + headers, body)

    def send_chunk(self, data, follows=MORE):
        self._send(HEADER_CHUNK.pack(len(data) + 4, CHUNK, follows), data)

    def send_log(self, level, source, text):
        payload = text.encode("utf-8", "backslashreplace")
        if self.muted:
            self._write(2, payload + b"\n")
        else:
            self._send(HEADER_LOG.pack(len(payload) + 4, LOG, level, source), payload)

    def send_model_frame(self, kind, head, tensors, flags=None, milliseconds=0.0):
        """A frame of a model worker (see models/wire.py): a head and the tensors that were written for it."""
        from _triton_local.models import wire

        layout = wire.HEADER if flags is None else wire.HEADER_RESPONSES
        text = wire.encode_head(head, layout.size)
        parts = tensors.parts if tensors is not None else []
        size = layout.size - 4 + len(text) + (tensors.size if tensors is not None else 0)
        if flags is None:
            header = layout.pack(size, kind, len(text))
        else:
            header = layout.pack(size, kind, flags, len(text), milliseconds)
        self._send(header + text, b"".join(parts))

    def leave_forked_child(self, error=None):
        """Ends this process if it is a child that user code has forked and not ended: its parent answers. `error` is
        what the child's code raised."""
        if not self.is_forked:
            return
        if isinstance(error, SystemExit):
            raise error
        if error is not None:
            import traceback

            traceback.print_exception(type(error), error, error.__traceback__)
        sys.exit(0 if error is None else 1)

    def close(self):
        with self._lock:
            os.close(self._output)
            self.muted = True

    def _send(self, header, payload):
        me = self._get_ident()
        if self.writer == me:
            # A finalizer or a signal handler sends something while this same thread is writing a frame.
            self._postponed.append((header, payload))
            return
        with self._lock:
            self.writer = me
            try:
                self._write_frame(header, payload)
                while self._postponed:
                    self._write_frame(*self._postponed.pop(0))
            finally:
                self.writer = None
        if self.raise_later is not None and me == self.main_thread:
            error, self.raise_later = self.raise_later, None
            raise error

    def _write_frame(self, header, payload):
        if len(payload) <= _JOIN_BYTES:
            self._write_all(header + payload)
        else:
            self._write_all(header)
            self._write_all(payload)

    def _write_all(self, data):
        written = self._write(self._output, data)
        if written < len(data):
            view = memoryview(data)
            while written < len(data):
                written += self._write(self._output, view[written:])

    def _forked(self):
        # A forked child shares the pipe but not the lock: it may only write to stderr.
        self.muted = self.is_forked = True
        self._lock = threading.Lock()
        self.writer = None


def _input_watcher(descriptor):
    """Returns a function that checks, without waiting, whether there is input or the other end is closed."""
    if os.name == "nt":
        import ctypes
        import msvcrt

        handle = ctypes.c_void_p(msvcrt.get_osfhandle(descriptor))
        available = ctypes.c_ulong()
        peek = ctypes.windll.kernel32.PeekNamedPipe

        def has_input():
            return not peek(handle, None, 0, None, ctypes.byref(available), None) or available.value > 0

        return has_input
    import select

    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return lambda: bool(poller.poll(0))


def read_control(frame):
    """Returns the message of a CONTROL frame."""
    return loads(bytes(frame[HEADER_CONTROL.size :]))
