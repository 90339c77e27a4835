"""Parameters that are plain Python: numbers, text, moments, bytes, and lists and dicts of them."""

import base64
import datetime
import json

from .abstract_parameter_type import AbstractParameterType

_DATE = "%Y-%m-%d"
_NOT_JSON = (
    "Invalid python data sample provided: ensure that the data is fully JSON "
    "serializable to be able to generate swagger schema from it. Actual error: {}"
)


class StandardPythonParameterType(AbstractParameterType):
    """Within a dict or list, parameter types of their own may stand for items."""

    def __init__(self, sample_input):
        super().__init__(sample_input)
        self.sample_data_type_map = {}
        self.sample_data_type_list = []
        if self.sample_data_type is dict:
            self.sample_data_type_map = {
                key: value for key, value in sample_input.items() if isinstance(value, AbstractParameterType)
            }
        elif self.sample_data_type in (list, tuple):
            self.sample_data_type_list = [one for one in sample_input if isinstance(one, AbstractParameterType)]

    def deserialize_input(self, input_data):
        kind = self.sample_data_type
        if kind is datetime.date:
            # Only Python 3.14 has this; before, the real package fails here as well.
            input_data = datetime.date.strptime(input_data, _DATE)
        elif kind is datetime.datetime:
            input_data = _parse_moment(input_data)
        elif kind is datetime.time:
            input_data = _parse_moment(input_data).timetz()
        elif kind in (bytes, bytearray):
            input_data = base64.b64decode(input_data.encode("utf-8"))
        is_whole_for_float = kind is float and type(input_data) is int
        if not is_whole_for_float and not isinstance(input_data, kind):
            raise ValueError(
                "Invalid input data type to parse. Expected: {0} but got {1}".format(kind, type(input_data))
            )
        return input_data

    def input_to_swagger(self):
        if self.sample_input is None:
            raise ValueError("Sample input cannot be None")
        schema = schema_of(self.sample_input)
        try:
            json.dumps(schema)
        except TypeError as error:
            raise TypeError(_NOT_JSON.format(error)) from None
        return schema


def schema_of(sample):
    """The schema of plain data; what is of another type counts as an object."""
    kind = type(sample)
    if kind in _SCALARS:
        schema, show = _SCALARS[kind]
        return {**schema, "example": show(sample)}
    if kind in (list, tuple, range):
        return schema_of_list(sample)
    if kind is dict:
        return schema_of_dict(sample)
    return {"type": "object", "example": sample}


def schema_of_list(values):
    """The schema of the last item stands for all."""
    item, example = {"type": "object"}, []
    typed = len(values) > 0 and isinstance(values[0], AbstractParameterType)
    for value in values:
        item = value.input_to_swagger() if typed else schema_of(value)
        example.append(item.pop("example"))
    return {"type": "array", "items": item, "example": example}


def schema_of_dict(values):
    properties, example = {}, {}
    for key, value in values.items():
        typed = isinstance(value, AbstractParameterType)
        properties[key] = value.input_to_swagger() if typed else schema_of(value)
        example[key] = properties[key].pop("example")
    return {"type": "object", "required": list(values), "properties": properties, "example": example}


def _show_bytes(value):
    return base64.b64encode(value).decode("utf-8")


def _show_moment(pattern):
    # Without a zone, UTC is meant.
    return lambda value: (value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)).strftime(pattern)


def _same(value):
    return value


_SCALARS = {
    int: ({"type": "integer", "format": "int64"}, _same),
    float: ({"type": "number", "format": "double"}, _same),
    bool: ({"type": "boolean"}, _same),
    str: ({"type": "string"}, _same),
    bytes: ({"type": "string", "format": "byte"}, _show_bytes),
    bytearray: ({"type": "string", "format": "byte"}, _show_bytes),
    datetime.date: ({"type": "string", "format": "date"}, lambda value: value.strftime(_DATE)),
    datetime.datetime: ({"type": "string", "format": "date-time"}, _show_moment("%Y-%m-%d %H:%M:%S.%f %z")),
    datetime.time: ({"type": "string", "format": "time"}, _show_moment("%H:%M:%S.%f %z")),
}


def _parse_moment(text):
    try:
        from dateutil import parser
    except ModuleNotFoundError:
        # inference-schema brings dateutil; without it the ISO forms are read.
        return datetime.datetime.fromisoformat(text)
    return parser.parse(text)
