"""A list of several types, which swagger 2 cannot describe."""

from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema


def init():
    pass


@input_schema("data", StandardPythonParameterType([1, "a", 2.5]))
def run(data):
    return data
