import type { RepositoryFiles } from '../shared-repository.ts';

const HEAD = `backend: "python"
max_batch_size: 8
input [ { name: "X" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "Y" data_type: TYPE_FP32 dims: [ 1 ] } ]
`;

/** Answers with its input; -1 raises, -2 answers with an error, and up to 5 is slept for, in tenths of a second. */
const ECHO = `import time
import triton_python_backend_utils as pb

class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(pb.get_input_tensor_by_name(one, "X").as_numpy()) for one in requests]

    def answer(self, values):
        first = float(values.flatten()[0])
        if first == -1:
            raise Exception("refused")
        if first == -2:
            return pb.InferenceResponse(error=pb.TritonError("refused"))
        if 0 < first <= 5:
            time.sleep(first / 10)
        return pb.InferenceResponse([pb.Tensor("Y", values)])
`;

/** A model that makes metrics in `initialize` and changes them by its input. */
const COUNTING = `import gc
import triton_python_backend_utils as pb

class TritonPythonModel:
    def initialize(self, args):
        family = pb.MetricFamily
        self.visits = family(name="zeta_visits", description="visits of \\\\ all", kind=family.COUNTER)
        self.level = family(name="alpha_level", description="level", kind=family.GAUGE)
        self.sizes = family(name="sizes", description="sizes", kind=family.HISTOGRAM)
        self.unused = family(name="unused", description="no metrics", kind=family.GAUGE)
        self.bare = family(name="bare", description="", kind=family.GAUGE)
        self.own = family(name="nv_inference_count", description="another text", kind=family.COUNTER)
        self.visit = self.visits.Metric(labels={"b": "x\\"y\\\\z\\n", "a": "2"})
        self.again = family(name="zeta_visits", description="other", kind=family.COUNTER)
        self.same = self.again.Metric(labels={"b": "x\\"y\\\\z\\n", "a": "2"})
        self.current = self.level.Metric(labels={})
        self.size = self.sizes.Metric(labels={"of": "input"}, buckets=[0.1, 1.0, 2.5, 5.0, 10])
        self.sizes_too = self.sizes.Metric(labels={"of": "none"}, buckets=[])
        self.bare_value = self.bare.Metric()
        self.extra = self.own.Metric(labels={"model": "of mine"})
        numbers = [1 / 3, 1e21, 123456789012345678, 1e-7, float("inf"), float("-inf"), float("nan"), -0.0, 1e15, 1e16,
                   0.1, 100000, 123456.789, 1e-5, 0.0001, 2.5e-300, 4.9e-324, 1.5e308, 9007199254740993]
        self.shown = [self.level.Metric(labels={"number": str(at)}) for at in range(len(numbers))]
        for metric, value in zip(self.shown, numbers):
            metric.set(value)

    def execute(self, requests):
        return [self.answer(pb.get_input_tensor_by_name(one, "X").as_numpy()) for one in requests]

    def answer(self, values):
        first = float(values.flatten()[0])
        self.visit.increment(1)
        self.same.increment(0.5)
        self.current.set(first)
        self.current.increment(-0.25)
        self.size.observe(first)
        self.extra.increment(3)
        if first == 7:
            del self.bare_value
        if first == 8:
            del self.bare
        if first == 9:
            self.sizes = None
        gc.collect()
        values = values * 0 + (self.same.value() if first < 50 else self.current.value())
        return pb.InferenceResponse([pb.Tensor("Y", values)])
`;

/** Tries one thing in `initialize` and answers with what came of it. */
const tried = (statement: string) => `import triton_python_backend_utils as pb

class TritonPythonModel:
    def initialize(self, args):
        family = pb.MetricFamily
        try:
            ${statement}
            self.text = "made"
        except BaseException as error:
            self.text = "%s: %s" % (type(error).__name__, error)

    def execute(self, requests):
        return [pb.InferenceResponse(error=pb.TritonError(self.text)) for _ in requests]
`;

const AT_IMPORT = `import triton_python_backend_utils as pb

FAMILY = pb.MetricFamily(name="at_import", description="d", kind=pb.MetricFamily.GAUGE)

class TritonPythonModel:
    def execute(self, requests):
        return []
`;

const DECOUPLED = `import triton_python_backend_utils as pb

class TritonPythonModel:
    def execute(self, requests):
        for one in requests:
            sender = one.get_response_sender()
            sender.send(pb.InferenceResponse([pb.Tensor("Y", pb.get_input_tensor_by_name(one, "X").as_numpy())]))
            sender.send(flags=pb.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
`;

const ENSEMBLE = `platform: "ensemble"
max_batch_size: 8
input [ { name: "X" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "Y" data_type: TYPE_FP32 dims: [ 1 ] } ]
ensemble_scheduling { step [
  { model_name: "plain" model_version: -1 input_map { key: "X" value: "X" } output_map { key: "Y" value: "M" } },
  { model_name: "cached" model_version: -1 input_map { key: "X" value: "M" } output_map { key: "Y" value: "Y" } }
] }
`;

export const TRIED = {
  other_kind:
    'family(name="plain_family", description="d", kind=family.COUNTER); family(name="plain_family", description="d", kind=family.GAUGE)',
  own_kind: 'family(name="nv_cpu_utilization", description="d", kind=family.COUNTER)',
  bad_name: 'family(name="no name", description="d", kind=family.GAUGE)',
  reserved_name: 'family(name="__reserved", description="d", kind=family.GAUGE)',
  empty_name: 'family(name="", description="d", kind=family.GAUGE)',
  colon_name: 'family(name="a:b", description="d", kind=family.GAUGE)',
  descending:
    'family(name="descending", description="d", kind=family.HISTOGRAM).Metric(labels={}, buckets=[3, 1])',
  no_buckets: 'family(name="no_buckets", description="d", kind=family.HISTOGRAM).Metric(labels={})',
  needless_buckets:
    'family(name="needless", description="d", kind=family.GAUGE).Metric(labels={}, buckets=[1])',
  label_of_number: 'family(name="numbered", description="d", kind=family.GAUGE).Metric(labels={"a": 1})',
  negative:
    'self.f = family(name="negative", description="d", kind=family.COUNTER); self.f.Metric(labels={}).increment(-1)',
} as const;

const model = (name: string, extra = '', code = ECHO): RepositoryFiles => ({
  [`${name}/config.pbtxt`]: HEAD + extra,
  [`${name}/1/model.py`]: code,
});

/** Models of every kind that metrics tell apart. */
export const MEASURED_FILES: RepositoryFiles = {
  ...model('plain'),
  ...model('cached', 'response_cache { enable: true }'),
  ...model('tagged', 'metric_tags { key: "team" value: "a\\"b" } metric_tags { key: "zone" value: "z" }'),
  ...model(
    'queued',
    'dynamic_batching { max_queue_delay_microseconds: 200000 default_queue_policy { default_timeout_microseconds: 100000 } }',
  ),
  ...model('sequence', 'sequence_batching { max_sequence_idle_microseconds: 60000000 }'),
  ...model('decoupled', 'model_transaction_policy { decoupled: true }', DECOUPLED),
  ...model('counting', '', COUNTING),
  ...Object.assign(
    {},
    ...Object.entries(TRIED).map(([name, statement]) => model(name, '', tried(statement))),
  ),
  'ensemble/config.pbtxt': ENSEMBLE,
  'ensemble/1/.keep': '',
};

/** A model that makes a metric while it is imported. */
export const AT_IMPORT_FILES: RepositoryFiles = model('at_import', '', AT_IMPORT);

/** Another content of `plain`, which answers the same. */
export const PLAIN_AGAIN: RepositoryFiles = model('plain', '', `${ECHO}# again\n`);
