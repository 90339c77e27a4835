"""`ModelDataCollector`; its switch, its columns and its correlation values are the real one's."""

import datetime
import os
import sys
import time
import uuid
import warnings

from _triton_local import collected

_DESIGNATIONS = ("inputs", "predictions", "labels", "signals", "general")
#: Rows of these are stored with the inputs that they are correlated with.
_CORRELATED = ("predictions", "labels", "signals")
_NO_REQUEST = "00000000-0000-0000-0000-000000000000"
_UNKNOWN_TYPE = (
    "collect failed: input data must be list,numpy array, pandas dataframe, or spark dataframe. "
    "Corresponding modules must be installed first."
)


class ModelDataCollector:
    AML_DC_CORRELATION_HEADER = "$aml_dc_correlation_id"
    AML_DC_SCORING_TIMESTAMP_HEADER = "$aml_dc_scoring_timestamp"
    AML_DC_BOUNDARY_HEADER = "$aml_dc_boundary"
    AML_WORKSPACE_HEADER = "$aml_workspace"
    AML_SERVICE_NAME_HEADER = "$aml_service_name"
    AML_MODEL_NAME_HEADER = "$aml_model_name"
    AML_MODEL_VERSION_HEADER = "$aml_model_version"
    AML_REQUEST_ID_HEADER = "$aml_request_id"

    #: In the order of the columns.
    _CORRELATION = (
        AML_DC_CORRELATION_HEADER,
        AML_DC_SCORING_TIMESTAMP_HEADER,
        AML_DC_BOUNDARY_HEADER,
        AML_WORKSPACE_HEADER,
        AML_SERVICE_NAME_HEADER,
        AML_MODEL_NAME_HEADER,
        AML_MODEL_VERSION_HEADER,
        AML_REQUEST_ID_HEADER,
    )

    #: What a file's place is made of.
    _ORIGIN = (AML_WORKSPACE_HEADER, AML_SERVICE_NAME_HEADER, AML_MODEL_NAME_HEADER, AML_MODEL_VERSION_HEADER)

    def __init__(
        self,
        model_name,
        designation="default",
        feature_names=None,
        workspace="default/default/default",
        webservice_name="default",
        model_version="default",
        collection_name="default",
    ):
        self._enabled = os.environ.get("AML_MODEL_DC_STORAGE_ENABLED", "").lower() == "true"
        if not self._enabled:
            print(
                "Data collection is not enabled. Set environment variable AML_MODEL_DC_STORAGE_ENABLED to 'true' "
                "to enable (http://aka.ms/amlmodeldatacollection)."
            )
            return
        self._designation = "general" if designation == "default" else designation
        if self._designation not in _DESIGNATIONS:
            self._enabled = False
            print("Incorrect designation value. Supported values: 'default', " + ", ".join(map(repr, _DESIGNATIONS)))
            return
        self._feature_names = None if feature_names is None else list(feature_names)
        self._has_correlations = self._designation == "inputs"
        self.workspace = workspace.lower()
        self.model_name = model_name
        self.model_version = model_version
        self.service_name = webservice_name
        if webservice_name == "default":
            self.service_name = os.environ.get("SERVICE_NAME") or webservice_name
        self._collection = collection_name

    def collect(self, input_data, user_correlation_id=""):
        """Appends the rows; the values that correlate them with other data are returned for the inputs alone."""
        if not self._enabled:
            return None
        correlations = None
        if self._designation == "inputs":
            correlations = self._correlate(user_correlation_id)
            input_data = self.add_correlations(input_data, correlations)
        frame = _as_frame(input_data)
        rows = [input_data] if isinstance(input_data, list) else _rows_of_array(input_data)
        if frame is None and rows is None:
            warnings.warn(_UNKNOWN_TYPE)
            return None
        header = self._header(frame)
        for origin, text in self._pieces(header, frame, rows):
            place = [str(origin[name]) for name in self._ORIGIN]
            begin = None if header is None else collected.csv_text([header])
            day = _read_day(origin.get(self.AML_DC_SCORING_TIMESTAMP_HEADER))
            collected.append_csv((*place, self._designation, self._collection), begin, text, day)
        return correlations

    def add_correlations(self, input_data, correlations):
        """The data with the correlation values as further columns."""
        if correlations is None or not self._enabled:
            return input_data
        self._has_correlations = True
        values = [correlations[name] for name in self._CORRELATION]
        if isinstance(input_data, list):
            return input_data + values
        rows, frame = _rows_of_array(input_data), _as_frame(input_data)
        if rows is not None:
            numpy = sys.modules["numpy"]
            added = numpy.repeat(numpy.array([values], dtype=object), rows.shape[0], axis=0)
            return numpy.append(rows, added, axis=1)
        if frame is not None:
            return frame.assign(**correlations)[[*frame.columns, *self._CORRELATION]]
        warnings.warn(_UNKNOWN_TYPE)
        return input_data

    def _header(self, frame):
        if frame is not None:
            return list(frame.columns)
        if self._feature_names is None:
            return None
        return self._feature_names + (list(self._CORRELATION) if self._has_correlations else [])

    def _pieces(self, header, frame, rows):
        """CSV text with what determines its place: correlated rows are stored one by one with their inputs."""
        own = dict(zip(self._ORIGIN, (self.workspace, self.service_name, self.model_name, self.model_version)))
        if self._designation in _CORRELATED and header and not set(self._CORRELATION).isdisjoint(header):
            for row in rows if frame is None else [list(row) for _index, row in frame.iterrows()]:
                yield {**own, **dict(zip(header, row))}, collected.csv_text([row])
        elif frame is None:
            yield own, collected.csv_text(rows)
        else:
            yield own, frame.to_csv(index=False, header=False)

    def _correlate(self, user_id):
        own = str(uuid.uuid4())
        hourly = os.environ.get("AML_MODEL_DC_BOUNDARY") == "hour"
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        return {
            self.AML_DC_SCORING_TIMESTAMP_HEADER: now.isoformat(),
            self.AML_REQUEST_ID_HEADER: _NO_REQUEST,
            self.AML_DC_CORRELATION_HEADER: "%s-%s" % (user_id, own) if user_id else own,
            self.AML_DC_BOUNDARY_HEADER: 60 if hourly else 60 * 24,
            self.AML_WORKSPACE_HEADER: self.workspace,
            self.AML_SERVICE_NAME_HEADER: self.service_name,
            self.AML_MODEL_NAME_HEADER: self.model_name,
            self.AML_MODEL_VERSION_HEADER: self.model_version,
        }


def _rows_of_array(data):
    """An array's rows; one dimension is one row. None for what is no array."""
    numpy = sys.modules.get("numpy")
    return numpy.atleast_2d(data) if numpy is not None and isinstance(data, numpy.ndarray) else None


def _read_day(timestamp):
    for pattern in ("%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S"):
        try:
            return time.strptime(str(timestamp), pattern)
        except ValueError:
            pass
    return None


def _as_frame(data):
    """A data frame of pandas, also for one of Spark."""
    pandas, spark = sys.modules.get("pandas"), sys.modules.get("pyspark.sql")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return data
    return data.toPandas() if spark is not None and isinstance(data, spark.DataFrame) else None
