// The Python models that ensembles are made of.
import type { RepositoryFiles } from '../shared-repository.ts';
import { DECOUPLED, PREAMBLE, pythonFiles, type Tensors, tensorConfig } from './python-files.ts';

const member = (inputs: Tensors, outputs: Tensors, batch = 4) =>
  `max_batch_size: ${batch}\n${Object.entries(inputs)
    .map(([name, spec]) => tensorConfig('input', name, spec))
    .join('')}${Object.entries(outputs)
    .map(([name, spec]) => tensorConfig('output', name, spec))
    .join('')}instance_group [ { count: 1 kind: KIND_CPU } ]\n`;

const each = (answer: string) =>
  `${PREAMBLE}class TritonPythonModel:
    def execute(self, requests):
        out = []
        for r in requests:
            x = {t.name(): t.as_numpy() for t in r.inputs()}
            out.append(pb.InferenceResponse(${answer}))
        return out
`;
const gives = (name: string, value: string) => each(`[pb.Tensor("${name}", ${value})]`);
const streamed = (sends: string) =>
  `${PREAMBLE}class TritonPythonModel:
    def execute(self, requests):
        for r in requests:
            x = r.inputs()[0].as_numpy()
            s = r.get_response_sender()
            ${sends}
            s.send(flags=1)
`;
const ANSWER = 's.send(pb.InferenceResponse([pb.Tensor("Y", x)]))';
const ERROR = 's.send(pb.InferenceResponse([], pb.TritonError("bad")))';

/**
 * A signal between the models of one server. The two servers run at the same time, so each has a file of its own.
 * `await_signal` gives up after a while, since the model that should signal may have failed. It then asks the server
 * for an inference: a server that has answered that has read what was sent before the signal, however busy it is.
 */
const SIGNAL = `import os, time
SIGNAL = os.path.join(os.path.dirname(__file__), "..", "..", "signal-%d" % os.getppid())
def signal():
    open(SIGNAL, "w").close()
def reset():
    if os.path.exists(SIGNAL): os.unlink(SIGNAL)
def await_signal():
    until = time.monotonic() + 10
    while not os.path.exists(SIGNAL) and time.monotonic() < until: time.sleep(0.02)
    asked = pb.InferenceRequest(
        model_name="add1", requested_output_names=["Y"], inputs=[pb.Tensor("X", np.zeros((1, 2), np.float32))]
    ).exec()
    assert not asked.has_error()
`;
const XY = member({ X: 'FP32;2' }, { Y: 'FP32;2' });
const TOLD =
  'np.array([["|".join([r.request_id(), str(r.correlation_id()), str(r.flags()), r.parameters(), str(r.timeout())]).encode()]] * len(x["X"]), dtype=object)';

/** What ensembles are made of. */
export const MEMBERS: RepositoryFiles = {
  ...pythonFiles('add1', gives('Y', 'x["X"] + 1'), XY),
  ...pythonFiles('mul2', gives('Y', 'x["X"] * 2'), XY),
  ...pythonFiles(
    'sum2',
    gives('Z', 'x["A"] + x["B"]'),
    member({ A: 'FP32;2', B: 'FP32;2' }, { Z: 'FP32;2' }),
  ),
  ...pythonFiles('tells', gives('T', TOLD), member({ X: 'FP32;2' }, { T: 'STRING;1' })),
  ...pythonFiles('unbatched', gives('Y', 'x["X"] + 100'), member({ X: 'FP32;2' }, { Y: 'FP32;2' }, 0)),
  ...pythonFiles('one_row', gives('Y', 'x["X"] + 10'), member({ X: 'FP32;1,2' }, { Y: 'FP32;1,2' }, 0)),
  ...pythonFiles(
    'reshapes',
    gives('Y', 'x["X"].reshape(x["X"].shape)'),
    member({ X: 'FP32;2;reshape { shape: [ 2, 1 ] }' }, { Y: 'FP32;2;reshape { shape: [ 2, 1 ] }' }),
  ),
  ...pythonFiles('small', gives('Y', 'x["X"]'), member({ X: 'FP32;2' }, { Y: 'FP32;2' }, 2)),
  ...pythonFiles(
    'vary',
    gives('Y', 'np.arange(int(x["X"].sum()), dtype=np.float32).reshape(1, -1)'),
    member({ X: 'FP32;2' }, { Y: 'FP32;-1' }),
  ),
  ...pythonFiles('any', gives('Y', 'x["X"] - 1'), member({ X: 'FP32;-1' }, { Y: 'FP32;-1' })),
  ...pythonFiles('ints', gives('Y', 'x["X"].astype(np.int32)'), member({ X: 'FP32;2' }, { Y: 'INT32;2' })),
  ...pythonFiles(
    'words',
    gives('Y', 'np.array([[str(v).encode() for v in row] for row in x["X"]], dtype=object)'),
    member({ X: 'FP32;2' }, { Y: 'STRING;2' }),
  ),
  ...pythonFiles(
    'numbers',
    gives('Y', 'np.array([[float(v) for v in row] for row in x["X"]], dtype=np.float32)'),
    member({ X: 'STRING;2' }, { Y: 'FP32;2' }),
  ),
  ...pythonFiles(
    'maybe',
    gives('Y', 'x["X"] + (x["O"] if "O" in x else 7)'),
    member({ X: 'FP32;2', O: 'FP32;2;optional: true' }, { Y: 'FP32;2' }),
  ),
  ...pythonFiles(
    'two_out',
    each('[pb.Tensor("Y", x["X"] + 1), pb.Tensor("W", x["X"] + 2)]'),
    member({ X: 'FP32;2' }, { Y: 'FP32;2', W: 'FP32;2' }),
  ),
  ...pythonFiles('refuses', each('[], pb.TritonError("no way", pb.TritonError.NOT_FOUND)'), XY),
  ...pythonFiles('raises', gives('Y', 'nothing'), XY),
  ...pythonFiles('dies', gives('Y', '__import__("os")._exit(1)'), XY),
  ...pythonFiles('silent', each('[]'), XY),
  ...pythonFiles('wrong_shape', gives('Y', 'np.ones((1, 3), np.float32)'), XY),
  ...pythonFiles('wrong_type', gives('Y', 'np.ones((1, 2), np.int32)'), XY),
  ...pythonFiles('broken', 'x = 1\n', XY),
  ...pythonFiles(
    'streams',
    streamed('for i in range(3): s.send(pb.InferenceResponse([pb.Tensor("Y", x + i)]))'),
    XY + DECOUPLED,
  ),
  ...pythonFiles('streams_none', streamed('pass'), XY + DECOUPLED),
  ...pythonFiles(
    'streams_one',
    streamed('s.send(pb.InferenceResponse([pb.Tensor("Y", x)]))'),
    XY + DECOUPLED,
  ),
  ...pythonFiles(
    'streams_error',
    SIGNAL + streamed(`reset(); ${ANSWER}; ${ERROR}; signal()`),
    XY + DECOUPLED,
  ),
  ...pythonFiles('adds_after_signal', SIGNAL + gives('Y', 'await_signal() or x["X"] + 1'), XY),
  ...pythonFiles(
    'streams_late_error',
    SIGNAL + streamed(`reset(); ${ANSWER}; await_signal(); ${ERROR}`),
    XY + DECOUPLED,
  ),
  ...pythonFiles('sends_and_signals', SIGNAL + streamed(`${ANSWER}; signal()`), XY + DECOUPLED),
};
