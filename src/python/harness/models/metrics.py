"""A model's own metrics, which the server adds to its own.

The server has the values, since instances of a model and other models may share a metric. Making a metric and reading
its value are calls; changes are messages without an answer.
"""

from enum import IntEnum

from _triton_local.models import bls
from _triton_local.models.arguments import WrongArguments, constructor
from _triton_local.models.errors import TritonModelException


class MetricKind(IntEnum):
    COUNTER = 0
    GAUGE = 1
    HISTOGRAM = 2

    def __str__(self):
        return "MetricKind.%s" % self.name

    def __repr__(self):
        return "<%s: %d>" % (self, self.value)


_FAMILY_GONE = (
    "Invalid metric operation as the corresponding 'MetricFamily' has been deleted. The 'MetricFamily' object should "
    "be deleted AFTER its corresponding 'Metric' objects have been deleted."
)


class _Model:
    """Whether the model has been unloaded: what it leaves behind then stays with the server, as in Triton."""

    has_ended = False


def end():
    _Model.has_ended = True


def make_metric_family(stream, instance):
    """The class `MetricFamily` of one worker, which runs this instance of a model."""
    numbers = iter(range(1, 1 << 62))
    refused = "Failed to process the request for model '%s', message: " % instance

    def call(what, method, *arguments):
        try:
            return bls.call(method, *arguments)
        except TritonModelException as error:
            raise TritonModelException("%s: %s%s" % (what, refused, error)) from None

    class MetricFamily:
        COUNTER, GAUGE, HISTOGRAM = MetricKind

        @constructor("MetricFamily(name: str, description: str, kind: c_python_backend_utils.MetricKind)")
        def __init__(self, name, description, kind):
            if not isinstance(name, str) or not isinstance(description, str) or not isinstance(kind, MetricKind):
                raise WrongArguments
            self._kind = kind
            self._number = next(numbers)
            call("Error when creating MetricFamily", "metricFamily", self._number, name, description, kind.name.lower())
            self._is_open = [True]

        def Metric(self, labels=None, buckets=None):
            return Metric(self, labels, buckets)

        def __del__(self):
            is_open = vars(self).get("_is_open")
            # There is none where the family was refused.
            if is_open:
                is_open[0] = False
                if not _Model.has_ended:
                    stream.send_control({"type": "metricFamilyDeleted", "family": self._number})

    class Metric:
        def __init__(self, family, labels, buckets):
            if family._kind == MetricKind.HISTOGRAM and buckets is None:
                raise TritonModelException("Failed to create metric. Missing required buckets.")
            if family._kind != MetricKind.HISTOGRAM and buckets is not None:
                raise TritonModelException("Failed to create metric. Unexpected buckets found.")
            if labels is not None and not all(isinstance(value, str) for value in labels.values()):
                text = "Error when creating Metric: %sattempt to access JSON non-string as string"
                raise TritonModelException(text % refused)
            self._kind = family._kind
            self._family_is_open = family._is_open
            self._number = next(numbers)
            bounds = [float(bound) for bound in buckets or ()]
            call("Error when creating Metric", "metric", family._number, self._number, labels or {}, bounds)

        def increment(self, value):
            self._refuse_unless("increment", MetricKind.COUNTER, MetricKind.GAUGE)
            amount = self._number_of("increment", value)
            if self._kind == MetricKind.COUNTER and amount < 0:
                raise TritonModelException(
                    "Failed to increment metric value: %sTRITONSERVER_METRIC_KIND_COUNTER can only be incremented "
                    "monotonically by non-negative values." % refused
                )
            self._change("increment", amount)

        def set(self, value):
            self._refuse_unless("set", MetricKind.GAUGE)
            self._change("set", self._number_of("set", value))

        def observe(self, value):
            self._refuse_unless("observe", MetricKind.HISTOGRAM)
            self._change("observe", self._number_of("observe", value))

        def value(self):
            self._refuse_unless("get", MetricKind.COUNTER, MetricKind.GAUGE)
            return float(bls.call("metricValue", self._number))

        def _number_of(self, verb, value):
            try:
                return float(value) if not isinstance(value, (str, bytes)) else float(None)
            except TypeError:
                raise TypeError(
                    "%s(): incompatible function arguments. The following argument types are supported:\n"
                    "    1. (self: c_python_backend_utils.Metric, value: float) -> None\n\n"
                    "Invoked with: %r, %r" % (verb, self, value)
                ) from None

        def _change(self, operation, value):
            message = {"type": "metricChange", "metric": self._number, "operation": operation, "value": repr(value)}
            stream.send_control(message)

        def _refuse_unless(self, verb, *kinds):
            if not self._family_is_open[0]:
                raise TritonModelException("Failed to %s metric value: %s" % (verb, _FAMILY_GONE))
            if self._kind not in kinds:
                raise TritonModelException(
                    "Failed to %s metric value: %sTRITONSERVER_METRIC_KIND_%s does not support %s"
                    % (verb, refused, self._kind.name, verb.capitalize())
                )

    return MetricFamily
