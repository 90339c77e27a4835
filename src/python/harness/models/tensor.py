"""One tensor of a request or a response."""

import numpy as np

from _triton_local.models import datatypes
from _triton_local.models.arguments import refuse
from _triton_local.models.errors import TritonModelException

_CPU = (1, 0)  # DLPack's kDLCPU, device 0


class Tensor:
    """A name with a numpy array. A received tensor becomes an array when the model requests it."""

    __slots__ = ("_name", "_array", "_datatype", "_shape", "_data", "_owner")

    def __init__(self, name, array):
        if not isinstance(name, str) or not isinstance(array, np.ndarray):
            refuse("Tensor(arg0: str, arg1: numpy.ndarray)", name, array)
        datatype = datatypes.number_of(array.dtype)
        if datatype is None:
            raise TritonModelException("NumPy dtype is not supported.")
        if datatype != datatypes.BYTES and not (
            array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative
        ):
            array = np.require(array, dtype=array.dtype.newbyteorder("="), requirements="CA")
        self._name = name
        self._array = array
        self._datatype = datatype
        self._shape = array.shape
        self._data = self._owner = None

    @classmethod
    def received(cls, name, datatype, shape, data, owner=None):
        """A tensor over bytes that only it uses. `owner` is kept alive as long as the bytes are."""
        tensor = cls.__new__(cls)
        tensor._name = name
        tensor._array = None
        tensor._datatype = datatype
        tensor._shape = shape
        tensor._data = data
        tensor._owner = owner
        return tensor

    def name(self):
        return self._name

    def as_numpy(self):
        array = self._array
        if array is None:
            if self._datatype == datatypes.BYTES:
                array = datatypes.deserialize_bytes_tensor(self._data)
            else:
                dtype = datatypes.dtype_of(self._datatype)
                if dtype is None:
                    raise TritonModelException("Currently numpy does not support BF16 tensors. Use DLPack instead.")
                array = np.frombuffer(self._data, dtype=dtype)
            self._array = array = array.reshape(self._shape)
        return array

    def shape(self):
        return list(self._shape)

    def triton_dtype(self):
        return self._datatype

    def is_cpu(self):
        return True

    def to_dlpack(self):
        return self.__dlpack__()

    def __dlpack__(self, stream=None, **_options):
        if self._datatype == datatypes.BYTES:
            raise TritonModelException("DLPack does not have support for string tensors.")
        return self.as_numpy().__dlpack__()

    def __dlpack_device__(self):
        return _CPU

    @staticmethod
    def from_dlpack(name, tensor):
        """A tensor from an object that supports DLPack, or from a capsule that `to_dlpack()` returned."""
        if not isinstance(name, str):
            refuse("from_dlpack(arg0: str, arg1: object)", name, tensor)
        if isinstance(tensor, np.ndarray):
            return Tensor(name, tensor)
        if not hasattr(tensor, "__dlpack__"):
            tensor = _Capsule(tensor)
        try:
            array = np.from_dlpack(tensor)
        except (AttributeError, TypeError, BufferError, RuntimeError) as error:
            raise TritonModelException("the object given to from_dlpack cannot be read on the CPU: %s" % error)
        return Tensor(name, array)

    def encoded(self):
        """The bytes in Triton's binary layout: a bytes-like object of C order."""
        if self._array is None:
            return self._data
        if self._datatype == datatypes.BYTES:
            return datatypes.serialize_byte_tensor(self._array)
        array = self._array
        return array.reshape(-1).view(np.uint8) if array.size else b""


class _Capsule:
    """Makes numpy accept a bare DLPack capsule."""

    def __init__(self, capsule):
        self._capsule = capsule

    def __dlpack__(self, stream=None, **_options):
        return self._capsule

    def __dlpack_device__(self):
        return _CPU
