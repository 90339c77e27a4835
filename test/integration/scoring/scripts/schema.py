import numpy
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    pass


@input_schema("data", NumpyParameterType(numpy.array([[1, 2], [3, 4]]), enforce_shape=False))
@input_schema("scale", StandardPythonParameterType(1.5))
@output_schema(StandardPythonParameterType({"sum": 1.0}))
def run(data, scale=2.0):
    return {"sum": float(data.sum()) * scale, "type": type(data).__name__, "dtype": str(data.dtype)}
