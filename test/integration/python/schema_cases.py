"""What an inference_schema package answers to a table of cases, as JSON on stdout.

Usage: python schema_cases.py [FOLDER]; with a folder, the package that lies in it is asked.
"""

import datetime
import json
import sys

sys.path[:0] = sys.argv[1:]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from inference_schema import schema_util  # noqa: E402
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType as Numpy  # noqa: E402
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType as Pandas  # noqa: E402
from inference_schema.parameter_types.standard_py_parameter_type import (  # noqa: E402
    StandardPythonParameterType as Standard,
)
from inference_schema.schema_decorators import input_schema, output_schema  # noqa: E402

UTC = datetime.timezone.utc
RECORD = np.dtype([("name", "U8"), ("at", "datetime64[s]"), ("took", "timedelta64[s]"), ("v", "f4", (2,))])
FRAME = pd.DataFrame(
    {
        "n": [1, 2],
        "x": [0.5, 1.5],
        "s": ["a", "é"],
        "b": [True, False],
        "t": pd.to_datetime(["2026-01-02 03:04:05", "2026-01-02 00:00:00"]),
        "d": pd.to_timedelta([1, 2], unit="s"),
    }
)

SAMPLES = {
    "int": lambda: Standard(1),
    "float": lambda: Standard(1.5),
    "bool": lambda: Standard(True),
    "str": lambda: Standard("é"),
    "bytes": lambda: Standard(b"\x00\xff"),
    "bytearray": lambda: Standard(bytearray(b"ab")),
    "date": lambda: Standard(datetime.date(2026, 1, 2)),
    "datetime": lambda: Standard(datetime.datetime(2026, 1, 2, 3, 4, 5, 6)),
    "datetime with a zone": lambda: Standard(datetime.datetime(2026, 1, 2, tzinfo=UTC)),
    "time": lambda: Standard(datetime.time(3, 4, 5)),
    "list": lambda: Standard([1, 2]),
    "empty list": lambda: Standard([]),
    "mixed list": lambda: Standard([1, "a"]),
    "tuple": lambda: Standard((1.5, 2.5)),
    "range": lambda: Standard(range(3)),
    "nested list": lambda: Standard([[1, 2], [3, "a"]]),
    "dict": lambda: Standard({"a": 1, "b": [1.5], "c": {"d": "e"}}),
    "empty dict": lambda: Standard({}),
    "None": lambda: Standard(None),
    "None inside": lambda: Standard({"a": None}),
    "NaN": lambda: Standard(float("nan")),
    "an object": lambda: Standard(object()),
    "a class": lambda: Standard(int),
    "types in a dict": lambda: Standard({"a": Numpy(np.array([1, 2])), "b": Standard("x"), "c": 3}),
    "types in a list": lambda: Standard([Numpy(np.array([[1.5]])), Numpy(np.array([[2.5]]))]),
    "types in a tuple": lambda: Standard((Standard(1), Standard(2))),
    "numpy ints": lambda: Numpy(np.array([1, 2], dtype="int16")),
    "numpy floats": lambda: Numpy(np.array([[1, 2.5], [3, 4]], dtype="float32")),
    "numpy halves": lambda: Numpy(np.ones((1, 2, 3), dtype="float16")),
    "numpy bools": lambda: Numpy(np.array([True, False])),
    "numpy texts": lambda: Numpy(np.array(["a", "bc"])),
    "numpy bytes": lambda: Numpy(np.array([b"a", b"bc"])),
    "numpy objects": lambda: Numpy(np.array([1, "a"], dtype=object)),
    "numpy moments": lambda: Numpy(np.array(["2026-01-02T03:04:05"], dtype="datetime64[s]")),
    "numpy spans": lambda: Numpy(np.array([3], dtype="timedelta64[s]")),
    "numpy records": lambda: Numpy(np.array([("a", "2026-01-02", 3, [1, 2])], dtype=RECORD)),
    "numpy complex": lambda: Numpy(np.array([1j])),
    "numpy scalar": lambda: Numpy(np.array(1)),
    "numpy empty": lambda: Numpy(np.zeros((0, 3))),
    "numpy as it comes": lambda: Numpy(np.array([[1, 2]]), enforce_column_type=False),
    "numpy of any shape": lambda: Numpy(np.array([[1, 2]]), enforce_shape=False),
    "not numpy": lambda: Numpy([1]),
    "pandas": lambda: Pandas(FRAME),
    "pandas as it comes": lambda: Pandas(FRAME[["n", "x"]], enforce_column_type=False, enforce_shape=False),
    "pandas with names": lambda: Pandas(FRAME[["n", "x"]], apply_column_names=True, orient="values"),
    "pandas numbers as names": lambda: Pandas(pd.DataFrame([[1, 2.5]])),
    "pandas with a zone": lambda: Pandas(pd.DataFrame({"t": pd.to_datetime(["2026-01-02"], utc=True)})),
    "not pandas": lambda: Pandas([1]),
    "pandas of no orient": lambda: Pandas(FRAME, orient="rows"),
    **{
        "pandas " + orient: (lambda orient: lambda: Pandas(FRAME, orient=orient))(orient)
        for orient in ("split", "records", "index", "columns", "values", "table")
    },
}

INPUTS = [
    1, 0, 1.5, True, "text", "", None, [], {}, "YWI=", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05.000006 +0000",
    "03:04:05", [1, 2], ["1", "2"], ["a"], [1.5], [[1, 2]], [[1, 2, 3]], [[1.5]], [[[1, 2, 3], [1, 2, 3]]],
    ["2026-01-02T03:04:05"], ["3 seconds"], ["3"], ["3 parsecs"], [True, False],
    {"a": [3, 4], "b": "y", "c": "free"}, {"a": "no list"}, {"b": 5}, {"d": 1},
    [["a", "2026-01-02", "3 seconds", [1, 2]]], [{"name": "a", "at": "2026-01-02", "took": "3 hours", "v": [1, 2]}],
    [{"n": 1, "x": 2}], [{"n": "1", "x": "2.5"}], [{"n": 1, "x": 2, "more": 3}], [{"0": 1, "1": 2}],
    [{"t": "2026-01-02T00:00:00Z"}], [{"t": "2026-01-02"}],
    [{"n": 1, "x": 2, "s": "a", "b": True, "t": "2026-01-02T03:04:05", "d": "P0DT0H0M1S"}],
    {"columns": ["n", "x"], "index": [0], "data": [[1, 2]]}, {"n": {"0": 1}, "x": {"0": 2}}, {"0": {"n": 1, "x": 2}},
]  # fmt: skip


def show(value):
    if isinstance(value, np.ndarray):
        return ["ndarray", str(value.dtype), list(value.shape), repr(value.tolist())]
    if isinstance(value, pd.DataFrame):
        return ["DataFrame", [str(t) for t in value.dtypes], list(map(str, value.columns)), repr(value.values.tolist())]
    if isinstance(value, dict):
        return {key: show(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [show(one) for one in value]]
    return "%s %r" % (type(value).__name__, value)


def outcome(action):
    try:
        return action()
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)


def ask(sample):
    made = outcome(sample)
    if isinstance(made, str):
        return made
    schema = outcome(made.input_to_swagger)
    if isinstance(schema, str):
        return schema
    return {
        "schema": json.dumps(schema),
        "versions": made.supported_versions(),
        "values": [outcome(lambda: show(call(sample, value))) for value in INPUTS],
    }


def call(sample, value):
    @input_schema("data", sample())
    def run(data):
        return data

    return run(data=json.loads(json.dumps(value)))


def decorated():
    """How decorators stack, what they tell of a function, and how arguments reach it."""

    def passing(function):
        def inner(*args, **kwargs):
            return function(*args, **kwargs)

        return inner

    @passing
    @input_schema("a", Standard(1))
    @input_schema(param_name="b", param_type=Standard([1, "x"]), optional=True)
    @input_schema("c", Numpy(np.array([1.5])), convert_to_provided_type=False)
    @output_schema(Standard({"r": 1.5}))
    def stacked(a, b=None, c=None, request_headers=None):
        return repr((a, b, c))

    @output_schema(Numpy(np.array([1])))
    def told(data):
        return data

    def plain(data):
        return data

    for function in (stacked, told, plain):
        yield [
            schema_util.is_schema_decorated(function),
            json.dumps(schema_util.get_input_schema(function)),
            json.dumps(schema_util.get_output_schema(function)),
            schema_util.get_supported_versions(function),
        ]
    yield sorted(schema_util.get_schemas_dict())
    yield outcome(lambda: stacked(a=1, b=["y"], c=[1]))
    yield outcome(lambda: stacked(a=1, b=None))
    yield outcome(lambda: stacked(a=1, b="no list"))
    yield outcome(lambda: stacked("no number"))
    yield outcome(lambda: stacked(2))
    yield outcome(lambda: stacked(b=["y"]))
    yield outcome(lambda: output_schema("text"))
    yield outcome(lambda: input_schema("other", Standard(1))(plain)(5))
    yield outcome(lambda: output_schema(Standard(1))(told))


print(json.dumps({"decorated": list(decorated()), **{name: ask(sample) for name, sample in SAMPLES.items()}}))
