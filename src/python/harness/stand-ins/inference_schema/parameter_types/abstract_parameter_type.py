"""What every parameter type has: its sample, the conversion from JSON, and the schema."""

import base64
import datetime
import sys
from abc import ABC, abstractmethod


class AbstractParameterType(ABC):
    def __init__(self, sample_input):
        self.sample_input = sample_input
        self.sample_data_type = type(sample_input)

    @abstractmethod
    def deserialize_input(self, input_data):
        """The value of the declared type for what JSON held."""

    @abstractmethod
    def input_to_swagger(self):
        """The schema with the sample as its `example`."""

    def supported_versions(self):
        """Swagger 2 cannot describe arrays whose items differ in type."""
        uniform = _is_uniform(self.input_to_swagger()["example"])
        return ["2.0", "3.0", "3.1"] if uniform else ["3.0", "3.1"]


def _is_uniform(example):
    if type(example) is dict:
        return all(map(_is_uniform, example.values()))
    if type(example) is list:
        return len(set(map(type, example))) <= 1 and all(
            _is_uniform(one) for one in example if type(one) is list
        )
    return True


def sample_of(schema, value):
    """A value of a sample as the example of `schema` shows it. Booleans become text, as in the real package."""
    kind = schema["type"]
    if kind == "object" and "properties" in schema:
        return {name: sample_of(inner, value[name]) for name, inner in schema["properties"].items()}
    if kind == "array":
        return [sample_of(schema["items"], one) for one in value]
    if kind == "number":
        return float(value)
    if kind == "integer":
        return int(value)
    shape = schema.get("format")
    if shape == "date-time":
        return _moment(value).strftime("%Y-%m-%d %H:%M:%S,%f")
    if shape == "binary":
        return base64.b64encode(value).decode("utf-8")
    return str(value)


def _moment(value):
    pandas = sys.modules.get("pandas")
    return value if pandas and type(value) is pandas.Timestamp else value.astype(datetime.datetime)
