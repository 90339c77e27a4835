"""Frames of model workers, in addition to those of channel.py: a JSON head, then the bytes of tensors.

Parent to worker: EXECUTE (a batch of requests) and ANSWER (a response to a request that the model made). Worker to
parent: RESPONSES (of requests, and whether `execute` has returned) and CALL (a request that the model makes). The head
is padded so that tensors are at multiples of 8. model-frames.ts is the other side: change both together.

A tensor in a head is [name, datatype, shape, bytes] and its bytes follow in the frame, or [name, datatype, shape,
bytes, file] if they are in a file of the folder that both sides share, which its reader removes.
"""

import mmap
import os
import struct
from json import JSONDecoder, JSONEncoder

from _triton_local.models.tensor import Tensor

EXECUTE, RESPONSES, CALL, ANSWER = 16, 17, 18, 19

#: length, kind, length of the head; for frames to a worker and for CALL
HEADER = struct.Struct("<IBxxxI")
#: length, kind, flags, length of the head, milliseconds inside execute()
HEADER_RESPONSES = struct.Struct("<IBBxxId")
#: `execute` has returned, or has failed as a whole.
RETURNED, FAILED = 1, 2

#: Kept, since json.dumps and json.loads prepare both anew for every head.
_encode = JSONEncoder(separators=(",", ":")).encode
_decode = JSONDecoder().raw_decode

_ALIGNMENT = 8
#: Larger tensors go through a file in shared memory, which costs one copy instead of four.
_FILE_BYTES = 256 * 1024


class TensorFiles:
    """Large tensors as files of a folder in memory. Without a folder, all go through the pipe."""

    def __init__(self, folder):
        self._folder = folder
        self._count = 0

    def takes(self, size):
        return self._folder is not None and size >= _FILE_BYTES

    def write(self, data, size):
        """@return the name of a new file with these bytes"""
        self._count += 1
        name = "w%d-%d" % (os.getpid(), self._count)
        path = os.path.join(self._folder, name)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            view = memoryview(data).cast("B")
            while view.nbytes:
                view = view[os.write(descriptor, view) :]
        except OSError:  # no space left
            os.unlink(path)
            raise
        finally:
            os.close(descriptor)
        return name

    def read(self, name, size):
        """The bytes of a file as writable memory, which lasts as long as it is referenced."""
        path = os.path.join(self._folder, name)
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.unlink(path)
            return mmap.mmap(descriptor, size, **_POPULATE)
        finally:
            os.close(descriptor)


_POPULATE = {"flags": mmap.MAP_SHARED | mmap.MAP_POPULATE} if hasattr(mmap, "MAP_POPULATE") else {}


class TensorReader:
    """Reads tensors from a frame, in the order of its head. The frame must be writable, as Triton's tensors are."""

    def __init__(self, frame, at, files):
        self._frame = memoryview(frame)
        self._at = at
        self._files = files

    def take(self, described):
        name, datatype, shape, size = described[:4]
        if len(described) == 5:
            data = self._files.read(described[4], size)
            return Tensor._received(name, datatype, shape, memoryview(data), data)
        data = self._frame[self._at : self._at + size]
        self._at += size + -size % _ALIGNMENT
        return Tensor._received(name, datatype, shape, data, self._frame)


class TensorWriter:
    """Collects the bytes of tensors, which follow the head."""

    def __init__(self, files):
        self.parts = []
        self.size = 0
        self._files = files

    def add(self, tensor):
        """@return the tensor's description for the head"""
        data = tensor._encoded()
        size = data.nbytes if hasattr(data, "nbytes") else len(data)
        described = [tensor._name, tensor._datatype, tensor._shape, size]
        if self._files.takes(size):
            described.append(self._files.write(data, size))
            return described
        self.parts.append(data)
        padding = -size % _ALIGNMENT
        if padding:
            self.parts.append(b"\0" * padding)
        self.size += size + padding
        return described


def encode_head(head, header_size):
    """JSON, padded so that the next byte is at a multiple of 8 from the frame's start."""
    text = _encode(head).encode("ascii")
    return text + b" " * (-(header_size + len(text)) % _ALIGNMENT)


def read_head(frame):
    """@return the head of a frame to a worker, and where the tensors begin"""
    end = HEADER.size + HEADER.unpack_from(frame)[2]
    return _decode(str(frame[HEADER.size : end], "utf-8"))[0], end


def write_correlation_id(correlation_id):
    """A number may be as long as 64 bits; JSON readers round those, so its digits go in a list."""
    is_long = isinstance(correlation_id, int) and correlation_id >= 2**53
    return [str(correlation_id)] if is_long else correlation_id


def read_correlation_id(given):
    return int(given[0]) if isinstance(given, list) else given
