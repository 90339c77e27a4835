"""One tensor of a request or a response."""

import numpy as np

from _triton_local.models import datatypes
from _triton_local.models.arguments import WrongArguments, constructor
from _triton_local.models.errors import TritonModelException

_CPU = (1, 0)  # DLPack's kDLCPU, device 0


class Tensor:
    """A name with a numpy array. A received tensor becomes an array when the model requests it."""

    __slots__ = ("_name", "_array", "_datatype", "_shape", "_data", "_owner")

    # Whoever names an argument is refused, as by the real one: `arg0` is no Python name there.
    @constructor("Tensor(arg0: str, arg1: numpy.ndarray)")
    def __init__(self, *given):
        if len(given) != 2 or not isinstance(given[0], str) or not isinstance(given[1], np.ndarray):
            raise WrongArguments
        name, array = given
        if not name:
            raise TritonModelException("Tensor name cannot be an empty string.")
        datatype = datatypes.number_of(array.dtype)
        if datatype is None or not array.dtype.isnative:
            raise TritonModelException("NumPy dtype is not supported.")
        data = None
        if datatype == datatypes.BYTES:
            # Here, since an element that cannot be encoded raises where the model makes the tensor.
            data = datatypes.serialize_byte_tensor(array)
        # `data` of a masked array has no such attribute, which Triton reports as well.
        elif not (array.data.c_contiguous and array.flags.aligned):
            array = np.require(array, requirements="CA")
        self._name = name
        self._array = array
        self._datatype = datatype
        self._shape = array.shape
        self._data = data
        self._owner = None

    @classmethod
    def _received(cls, name, datatype, shape, data, owner=None):
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
                    raise TritonModelException(
                        "Tensor dtype is BF16 and cannot be converted to NumPy. Use to_dlpack() and from_dlpack() instead."
                    )
                array = np.frombuffer(self._data, dtype=dtype)
            self._array = array = array.reshape(self._shape)
        return array

    def shape(self):
        return list(self._shape)

    def triton_dtype(self):
        # The real module has the method and cannot carry its result to Python.
        raise TypeError(
            "Unable to convert function return value to a Python type! The signature was\n"
            "\t(self: c_python_backend_utils.Tensor) -> TRITONSERVER_datatype_enum"
        )

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
            raise TypeError("from_dlpack(): the name must be a str, not %s" % type(name).__name__)
        if isinstance(tensor, np.ndarray):
            return Tensor(name, tensor)
        if not hasattr(tensor, "__dlpack__"):
            tensor = _Capsule(tensor)
        try:
            array = np.from_dlpack(tensor)
        except (AttributeError, TypeError, BufferError, RuntimeError) as error:
            raise TritonModelException("the object given to from_dlpack cannot be read on the CPU: %s" % error)
        return Tensor(name, array)

    def _encoded(self):
        """The bytes in Triton's binary layout: a bytes-like object of C order."""
        if self._data is not None:
            return self._data
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
