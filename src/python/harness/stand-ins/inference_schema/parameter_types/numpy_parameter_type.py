"""Parameters that are numpy arrays."""

import numpy as np

from .abstract_parameter_type import AbstractParameterType, sample_of

_SIMPLE = {
    **{name: {"type": "integer", "format": name} for name in ("int8", "int16", "int32", "int64")},
    **{name: {"type": "integer", "format": name} for name in ("uint8", "uint16", "uint32", "uint64")},
    "bool": {"type": "boolean"},
    "float16": {"type": "number", "format": "float"},
    "float32": {"type": "number", "format": "float"},
    "float64": {"type": "number", "format": "double"},
    "object": {"type": "object"},
}
#: Types whose names continue with a size or a unit.
_BY_PREFIX = {
    "datetime": {"type": "string", "format": "date-time"},
    "str": {"type": "string"},
    "bytes": {"type": "string", "format": "binary"},
    "void": {"type": "string", "format": "binary"},
    "timedelta": {"type": "string", "format": "timedelta"},
}
_UNITS = {
    "years": "Y",
    "months": "M",
    "weeks": "W",
    "days": "D",
    "hours": "h",
    "minutes": "m",
    "seconds": "s",
    "milliseconds": "ms",
    "microseconds": "us",
    "nanoseconds": "ns",
    "picoseconds": "ps",
    "femtoseconds": "fs",
    "attoseconds": "as",
}


class NumpyParameterType(AbstractParameterType):
    """The sample's dtype is applied, and its shape is demanded in all dimensions but the first."""

    def __init__(self, sample_input, enforce_column_type=True, enforce_shape=True):
        if not isinstance(sample_input, np.ndarray):
            raise Exception("Invalid sample input provided, must provide a sample Numpy array.")
        super().__init__(sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape

    def deserialize_input(self, input_data):
        if isinstance(input_data, np.ndarray):
            return input_data
        if not isinstance(input_data, list):
            raise ValueError("Invalid input format: expected an array of items.")
        if self.enforce_column_type:
            dtype = self.sample_input.dtype
            array = np.array([_prepare(item, dtype) for item in input_data], dtype=dtype)
        else:
            array = np.array(input_data)
        if self.enforce_shape:
            _check_shape(array.shape, self.sample_input.shape)
        return array

    def input_to_swagger(self):
        schema = _schema_of_array(_schema_of(self.sample_input.dtype), self.sample_input.shape)
        count = len(self.sample_input)
        schema["example"] = [sample_of(schema["items"], self.sample_input[i]) for i in range(count)]
        schema["format"] = "numpy.ndarray"
        return schema


def _check_shape(shape, expected):
    if len(shape) != len(expected):
        raise ValueError(
            "Invalid input array: an array with {0} dimensions is expected; input has {1} [shape {2}]".format(
                len(expected), len(shape), shape
            )
        )
    for dimension in range(1, len(expected)):
        if shape[dimension] != expected[dimension]:
            raise ValueError(
                "Invalid input array: array has size {0} on dimension #{1}, while expected value is {2}".format(
                    shape[dimension], dimension, expected[dimension]
                )
            )


def _prepare(item, dtype):
    """What numpy does not read from JSON by itself: records, moments, spans."""
    if len(dtype) > 0:
        keys = dtype.names if type(item) is dict else range(len(dtype))
        return tuple(_prepare(item[key], dtype[at]) for at, key in enumerate(keys))
    name = dtype.name.lower()
    if name.startswith("datetime"):
        return np.datetime64(item)
    return _read_span(item) if name.startswith("timedelta") else item


def _read_span(text):
    wrong = "Invalid numpy.timestamp64 value specified: {0}. ".format(text)
    parts = text.split(None, 1)
    if len(parts) != 2:
        raise ValueError(wrong + "Format should be <value> <time_unit_code>")
    count, unit = int(parts[0]), parts[1].lower()
    if unit not in _UNITS:
        raise ValueError(wrong + "Unrecognized time unit code")
    return np.timedelta64(count, _UNITS[unit])


def _schema_of(dtype):
    if len(dtype) > 0:
        return {"type": "object", "properties": {name: _schema_of(dtype[name]) for name in dtype.names}}
    if dtype.subdtype is not None:
        item, shape = dtype.subdtype
        return _schema_of_array(_schema_of(item), shape)
    name = dtype.name.lower()
    if name in _SIMPLE:
        return _SIMPLE[name]
    for prefix, schema in _BY_PREFIX.items():
        if name.startswith(prefix):
            return schema
    raise TypeError("We currently do not support extracting schema from data of type {}".format(name))


def _schema_of_array(item, shape):
    schema = {"type": "array", "items": item}
    for _ in shape[1:]:
        schema = {"type": "array", "items": schema}
    return schema
