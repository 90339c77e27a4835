"""Parameters that are pandas data frames."""

import json
from io import StringIO
from warnings import warn

import pandas as pd

from .abstract_parameter_type import AbstractParameterType
from .standard_py_parameter_type import schema_of_dict, schema_of_list

_ORIENTS = ("split", "records", "index", "columns", "values", "table")
_ZONES = (
    "As of pandas 2.0, can no longer convert from timezone-naive dtype to "
    "timezone-aware dtype. Please make sure that the provided input data matches "
    "the expected timezone handling of the provided deployment sample."
)


class PandasParameterType(AbstractParameterType):
    """The sample's column types are applied, and its number of columns is demanded."""

    def __init__(
        self,
        sample_input,
        enforce_column_type=True,
        enforce_shape=True,
        apply_column_names=False,
        orient="records",
    ):
        if not isinstance(sample_input, pd.DataFrame):
            raise Exception("Invalid sample input provided, must provide a sample Pandas Dataframe.")
        super().__init__(sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape
        if apply_column_names:
            warn("apply_column_names is deprecated in inference-schema", DeprecationWarning, stacklevel=2)
        self.apply_column_names = apply_column_names
        if orient not in _ORIENTS:
            raise Exception(
                "Invalid orient provided, must be one of ('split', 'records', 'index', 'columns', "
                "'values', or 'table')"
            )
        self.orient = orient

    def deserialize_input(self, input_data):
        if isinstance(input_data, pd.DataFrame):
            return input_data
        if not isinstance(input_data, (list, dict)):
            raise Exception(
                "Error, unable to convert input of type {} into Pandas Dataframe".format(type(input_data))
            )
        frame = pd.read_json(StringIO(json.dumps(input_data)), orient=self.orient, dtype=False)
        if self.apply_column_names:
            frame.columns = self.sample_input.columns.copy()
        if self.enforce_column_type:
            frame = self._with_column_types(frame)
        if self.enforce_shape and frame.shape[1] != self.sample_input.shape[1]:
            raise ValueError(
                "Invalid input data frame: data frame has size {0} on dimension #1, "
                "while expected value is {1}".format(frame.shape[1], self.sample_input.shape[1])
            )
        return frame

    def _with_column_types(self, frame):
        known = self.sample_input.dtypes.to_dict()
        types = {column: known.get(column, object) for column in frame.columns}
        for column, dtype in types.items():
            if str(dtype).startswith("timedelta"):
                frame[column] = pd.to_timedelta(frame[column])
        try:
            return frame.astype(dtype=types)
        except TypeError as error:
            if "Cannot use .astype to convert from timezone-naive dtype to timezone-aware dtype" in error.args[0]:
                raise Exception(_ZONES) from error
            raise

    def input_to_swagger(self):
        rows = json.loads(self.sample_input.to_json(orient=self.orient, date_format="iso"))
        schema = schema_of_list(rows) if self.orient in ("records", "values") else schema_of_dict(rows)
        for column in self.sample_input.columns:
            form = _format_of(self.sample_input.dtypes[column])
            if form is not None:
                for place in self._places_of(schema, str(column)):
                    place["format"] = form
        schema["format"] = "pandas.DataFrame:{}".format(self.orient)
        return schema

    def _places_of(self, schema, column):
        """Where the schema speaks of the values of a column."""
        if self.orient == "records":
            return [schema["items"]["properties"][column]]
        if self.orient == "index":
            return [row["properties"][column] for row in schema["properties"].values()]
        if self.orient == "columns":
            return list(schema["properties"][column]["properties"].values())
        if self.orient == "table":
            return [schema["properties"]["data"]["items"]["properties"][column]]
        return []


def _format_of(dtype):
    name = str(dtype)
    if name.startswith("datetime"):
        return "date-time"
    return "timedelta" if name.startswith("timedelta") else None
