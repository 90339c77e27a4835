"""Triton's datatypes, their numbers and numpy's names for them."""

import struct

import numpy as np

#: The numbers of Triton's C API, which frames use too.
BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BYTES, BF16 = range(1, 15)

_TO_NUMPY = {
    BOOL: np.bool_,
    UINT8: np.uint8,
    UINT16: np.uint16,
    UINT32: np.uint32,
    UINT64: np.uint64,
    INT8: np.int8,
    INT16: np.int16,
    INT32: np.int32,
    INT64: np.int64,
    FP16: np.float16,
    FP32: np.float32,
    FP64: np.float64,
    BYTES: np.object_,
}
_DTYPES = {number: np.dtype(kind) for number, kind in _TO_NUMPY.items()}
_FROM_KIND = {(dtype.kind, dtype.itemsize): number for number, dtype in _DTYPES.items() if number != BYTES}

TRITON_STRING_TO_NUMPY = {
    "TYPE_BOOL": bool,
    "TYPE_UINT8": np.uint8,
    "TYPE_UINT16": np.uint16,
    "TYPE_UINT32": np.uint32,
    "TYPE_UINT64": np.uint64,
    "TYPE_INT8": np.int8,
    "TYPE_INT16": np.int16,
    "TYPE_INT32": np.int32,
    "TYPE_INT64": np.int64,
    "TYPE_FP16": np.float16,
    "TYPE_FP32": np.float32,
    "TYPE_FP64": np.float64,
    "TYPE_STRING": np.object_,
}


def dtype_of(number):
    """numpy's dtype for the number of a datatype; None for BF16, which numpy lacks."""
    return _DTYPES.get(number)


def number_of(dtype):
    """The number of a numpy dtype; None if Triton has no such datatype. Strings of a fixed width are BYTES."""
    if dtype.kind in "OS":
        return BYTES
    return _FROM_KIND.get((dtype.kind, dtype.itemsize))


def triton_to_numpy_type(data_type):
    return _TO_NUMPY.get(data_type)


def numpy_to_triton_type(data_type):
    return number_of(np.dtype(data_type))


def triton_string_to_numpy(triton_type_string):
    return TRITON_STRING_TO_NUMPY[triton_type_string]


def serialize_byte_tensor(input_tensor):
    """Each element after its length (4 bytes, little-endian), in C order; None for other kinds of arrays."""
    if input_tensor.size == 0:
        return b""
    if input_tensor.dtype.kind not in "OS":
        return None
    pack = struct.Struct("<I").pack
    parts = []
    for element in input_tensor.reshape(-1).tolist():
        if type(element) is not bytes:  # Triton prints objects of derived types, too
            element = str(element).encode("utf-8")
        parts.append(pack(len(element)))
        parts.append(element)
    return b"".join(parts)


def deserialize_bytes_tensor(encoded_tensor):
    """The elements of a serialised BYTES tensor as a one-dimensional array of `bytes`."""
    elements = split_bytes(encoded_tensor)
    array = np.empty(len(elements), dtype=np.object_)
    array[:] = elements
    return array


def split_bytes(encoded):
    view = memoryview(encoded)
    elements, at, end = [], 0, len(view)
    while at < end:
        length = int.from_bytes(view[at : at + 4], "little")
        at += 4
        elements.append(bytes(view[at : at + length]))
        at += length
    return elements
