"""Every kind of parameter that inference_schema describes without pandas."""

import datetime

import numpy
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

NESTED = {
    "numbers": StandardPythonParameterType([1, 2]),
    "matrix": NumpyParameterType(numpy.array([[1.0]]), enforce_shape=False),
    "name": StandardPythonParameterType("x"),
}


def init():
    pass


@input_schema("when", StandardPythonParameterType(datetime.date(2020, 1, 2)))
@input_schema("flag", StandardPythonParameterType(True))
@input_schema("table", NumpyParameterType(numpy.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]), enforce_shape=False))
@input_schema("nested", StandardPythonParameterType(NESTED))
@input_schema("strict", NumpyParameterType(numpy.array([1, 2, 3])))
@output_schema(NumpyParameterType(numpy.array([0.5])))
def run(strict, nested, table, flag, when, request_headers):
    return [strict.tolist(), sorted(nested), table.shape, flag, str(when), request_headers.get("X-One")]
