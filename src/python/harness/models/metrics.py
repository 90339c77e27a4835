"""A model's own metrics, which the server adds to its own.

The model changes the values here, and each change is sent to the server.
"""

from enum import IntEnum

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


def make_metric_family(stream, instance):
    """The class `MetricFamily` of one worker, which runs this instance of a model."""
    numbers = iter(range(1, 1 << 62))
    refused = "Failed to process the request for model '%s', message: " % instance

    class MetricFamily:
        COUNTER, GAUGE, HISTOGRAM = MetricKind

        @constructor("MetricFamily(name: str, description: str, kind: c_python_backend_utils.MetricKind)")
        def __init__(self, name, description, kind):
            if not isinstance(name, str) or not isinstance(description, str) or not isinstance(kind, MetricKind):
                raise WrongArguments
            self._kind = kind
            self._number = next(numbers)
            self._is_open = [True]
            stream.send_control(
                {
                    "type": "metricFamily",
                    "family": self._number,
                    "name": name,
                    "description": description,
                    "kind": self._kind.name.lower(),
                }
            )

        def Metric(self, labels=None, buckets=None):
            return Metric(self, labels, buckets)

        def __del__(self):
            is_open = vars(self).get("_is_open")
            # There is none where its arguments were refused.
            if is_open:
                is_open[0] = False

    class Metric:
        def __init__(self, family, labels, buckets):
            if labels is not None and not all(isinstance(v, str) for pair in labels.items() for v in pair):
                raise TritonModelException("failed to create metric: labels must be of type str to str.")
            if family._kind == MetricKind.HISTOGRAM and buckets is None:
                raise TritonModelException("Requires 'buckets' for histogram metric.")
            if family._kind != MetricKind.HISTOGRAM and buckets is not None:
                raise TritonModelException("Unexpected 'buckets' for a metric that is not a histogram.")
            self._kind = family._kind
            self._family_is_open = family._is_open
            self._number = next(numbers)
            self._value = 0.0
            stream.send_control(
                {
                    "type": "metric",
                    "family": family._number,
                    "metric": self._number,
                    "labels": labels or {},
                    "buckets": buckets,
                }
            )

        def increment(self, value):
            self._refuse_unless("increment", MetricKind.COUNTER, MetricKind.GAUGE)
            if self._kind == MetricKind.COUNTER and value < 0:
                raise TritonModelException(
                    "Failed to increment metric value: %sTRITONSERVER_METRIC_KIND_COUNTER can only be incremented "
                    "monotonically by non-negative values." % refused
                )
            self._report(self._value + value)

        def set(self, value):
            self._refuse_unless("set", MetricKind.GAUGE)
            self._report(float(value))

        def observe(self, value):
            self._refuse_unless("observe", MetricKind.HISTOGRAM)
            self._report(float(value))

        def value(self):
            self._refuse_unless("get", MetricKind.COUNTER, MetricKind.GAUGE)
            return self._value

        def _report(self, value):
            self._value = value
            stream.send_control({"type": "metricValue", "metric": self._number, "value": value})

        def _refuse_unless(self, verb, *kinds):
            if not self._family_is_open[0]:
                raise TritonModelException("Failed to %s metric value: %s" % (verb, _FAMILY_GONE))
            if self._kind not in kinds:
                raise TritonModelException(
                    "Failed to %s metric value: %sTRITONSERVER_METRIC_KIND_%s does not support %s"
                    % (verb, refused, self._kind.name, verb.capitalize())
                )

    return MetricFamily
