// Python models that do something wrong, or at an edge, one a name.
import type { RepositoryFiles } from '../shared-repository.ts';
import { DECOUPLED, executing, PREAMBLE, pythonFiles, sending, TWO_NUMBERS } from './python-files.ts';

const ok = 'pb.InferenceResponse([pb.Tensor("O", np.ones((1, 2), np.float32))])';
const klass = (body: string) => `${PREAMBLE}class TritonPythonModel:\n${body}\n`;
const withExecute = (body: string) =>
  klass(`${body}\n    def execute(self, requests):\n        return [${ok} for r in requests]`);
const completing = (body: string) =>
  withExecute(`    @staticmethod\n    def auto_complete_config(c):\n        ${body}`);

/** Models that are not decoupled: what `execute` gives back, and how it ends. */
const ANSWERING: Readonly<Record<string, string>> = {
  ok: executing(`return [${ok} for r in requests]`),
  ok_prints: executing(`print("x" * 1048576)\nreturn [${ok} for r in requests]`),
  ok_stderr: executing(`import sys\nsys.stderr.write("y" * 100000)\nreturn [${ok} for r in requests]`),
  returns_number: executing('return 5'),
  returns_tuple: executing(`return tuple(${ok} for r in requests)`),
  returns_generator: executing(`return (${ok} for r in requests)`),
  returns_dict: executing('return {"O": 1}'),
  returns_empty: executing('return []'),
  returns_too_many: executing(`return [${ok} for r in requests] * 2`),
  returns_numbers: executing('return [3 for r in requests]'),
  returns_tensors: executing('return [pb.Tensor("O", np.ones((1, 2), np.float32)) for r in requests]'),
  returns_strings: executing('return ["O" for r in requests]'),
  no_outputs: executing('return [pb.InferenceResponse([]) for r in requests]'),
  other_name: executing(
    'return [pb.InferenceResponse([pb.Tensor("Z", np.ones((1, 2), np.float32))]) for r in requests]',
  ),
  extra_output: executing(
    'return [pb.InferenceResponse([pb.Tensor("Z", np.ones((1, 2), np.float32)), pb.Tensor("O", np.ones((1, 2), np.float32))]) for r in requests]',
  ),
  output_twice: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.ones((1, 2), np.float32)), pb.Tensor("O", np.zeros((1, 2), np.float32))]) for r in requests]',
  ),
  other_dtype: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.ones((1, 2), np.int32))]) for r in requests]',
  ),
  other_dtype_wide: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.ones((1, 2), np.float64))]) for r in requests]',
  ),
  strings_for_numbers: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.array([[b"a", b"b"]], dtype=object))]) for r in requests]',
  ),
  other_shape: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.ones((1, 3), np.float32))]) for r in requests]',
  ),
  other_rank: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.ones((2,), np.float32))]) for r in requests]',
  ),
  scalar_shape: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.array(1, np.float32))]) for r in requests]',
  ),
  other_batch: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.ones((3, 2), np.float32))]) for r in requests]',
  ),
  empty_batch: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.ones((0, 2), np.float32))]) for r in requests]',
  ),
  transposed: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.array([[1], [2]], np.float32).T)]) for r in requests]',
  ),
  strided: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.arange(4, dtype=np.float32).reshape(1, 4)[:, ::2])]) for r in requests]',
  ),
  big_endian: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.ones((1, 2), np.dtype(">f4")))]) for r in requests]',
  ),
  masked: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.ma.masked_array(np.ones((1, 2), np.float32), [[0, 1]]))]) for r in requests]',
  ),
  derived_strings: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.array([[np.str_("s"), np.bytes_(b"t")]], dtype=object))]) for r in requests]',
  ),
  surrogate: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.array([["a", "\\ud800"]], dtype=object))]) for r in requests]',
  ),
  mutated_strings: executing(
    'x = np.array([[b"a", b"b"]], dtype=object)\nt = pb.Tensor("O", x)\nx[0, 0] = b"changed"\nreturn [pb.InferenceResponse([t]) for r in requests]',
  ),
  mutated_numbers: executing(
    'x = np.ones((1, 2), np.float32)\nt = pb.Tensor("O", x)\nx[0, 0] = 7\nreturn [pb.InferenceResponse([t]) for r in requests]',
  ),
  interrupted: executing(`import os\nos.kill(os.getpid(), 2)\nreturn [${ok} for r in requests]`),
  terminated: executing(`import os\nos.kill(os.getpid(), 15)\nreturn [${ok} for r in requests]`),
  interrupts_main: executing(
    `import _thread, time\n_thread.interrupt_main()\ntime.sleep(0.05)\nreturn [${ok} for r in requests]`,
  ),
  logging_configured: executing(
    'import logging\nlogging.basicConfig(level=logging.INFO, format="x%(message)s")\nraise ValueError(logging.getLogger().level)',
  ),
  raises: executing('raise ValueError("boom")'),
  raises_deep: `${PREAMBLE}def deep(n):\n    if n: return deep(n - 1)\n    raise KeyError("deep")\nclass TritonPythonModel:\n    def execute(self, requests):\n        return deep(3)\n`,
  raises_empty: executing('raise ValueError()'),
  raises_unicode: executing('raise ValueError("bööm → ✓")'),
  raises_lines: executing('raise ValueError("one\\ntwo\\n\\tthree")'),
  raises_quotes: executing('raise ValueError(\'"quoted" \\\\ back\')'),
  raises_custom: `${PREAMBLE}class Mine(Exception):\n    def __str__(self): return "mine"\nclass TritonPythonModel:\n    def execute(self, requests):\n        raise Mine(1, 2)\n`,
  raises_from: executing('try:\n    1 / 0\nexcept Exception as e:\n    raise RuntimeError("outer") from e'),
  raises_model_exception: executing('raise pb.TritonModelException("tme")'),
  raises_assert: executing('assert False, "not so"'),
  raises_stop: executing('raise StopIteration()'),
  raises_keyboard: executing('raise KeyboardInterrupt("k")'),
  raises_base: executing('raise BaseException("b")'),
  raises_exit: executing('import sys\nsys.exit(3)'),
  raises_name: executing('return nothing_of_that_name'),
  raises_numpy: executing('return np.ones((2, 3)) @ np.ones((2, 3))'),
  raises_recursion: executing('def f(): raise RecursionError("too deep")\nf()'),
  error_response: executing('return [pb.InferenceResponse([], pb.TritonError("nope")) for r in requests]'),
  error_and_outputs: executing(
    'return [pb.InferenceResponse([pb.Tensor("O", np.zeros((1, 2), np.float32))], pb.TritonError("nope", pb.TritonError.INVALID_ARG)) for r in requests]',
  ),
  error_empty_text: executing(
    'return [pb.InferenceResponse(output_tensors=[], error=pb.TritonError("")) for r in requests]',
  ),
  error_unicode: executing(
    'return [pb.InferenceResponse([], pb.TritonError("é\\n\\"x\\"")) for r in requests]',
  ),
  ...Object.fromEntries(
    [
      'UNKNOWN',
      'INTERNAL',
      'NOT_FOUND',
      'INVALID_ARG',
      'UNAVAILABLE',
      'UNSUPPORTED',
      'ALREADY_EXISTS',
      'CANCELLED',
    ].map((code) => [
      `error_${code.toLowerCase()}`,
      executing(
        `return [pb.InferenceResponse([], pb.TritonError("coded", pb.TritonError.${code})) for r in requests]`,
      ),
    ]),
  ),
  exits: executing('import os\nos._exit(3)'),
  exits_zero: executing('import os\nos._exit(0)'),
  killed: executing('import os\nos.kill(os.getpid(), 9)'),
  aborts: executing('import os\nos.abort()'),
  exits_once: executing(
    `import os\nif r_first(requests) == 9: os._exit(1)\nreturn [${ok} for r in requests]`,
  ).replace(
    'class Triton',
    'def r_first(requests):\n    return int(requests[0].inputs()[0].as_numpy().ravel()[0])\nclass Triton',
  ),
  forks: executing(
    `import os\npid = os.fork()\nif pid == 0:\n    os._exit(0)\nos.waitpid(pid, 0)\nreturn [${ok} for r in requests]`,
  ),
  subprocess: executing(
    `import subprocess\nsubprocess.run(["true"], check=True)\nreturn [${ok} for r in requests]`,
  ),
  threads: executing(
    `import threading\nt = threading.Thread(target=print, args=("hi",)); t.start(); t.join()\nreturn [${ok} for r in requests]`,
  ),
  closes_stdout: executing(`import sys\nprint("bye"); sys.stdout.flush()\nreturn [${ok} for r in requests]`),
  later: executing(
    'for r in requests:\n    r.get_response_sender().send(pb.InferenceResponse([pb.Tensor("O", r.inputs()[0].as_numpy())]), flags=1)\nreturn [None for r in requests]',
  ),
  changes_input: executing(
    'out = []\nfor r in requests:\n    x = r.inputs()[0].as_numpy()\n    x *= 2\n    out.append(pb.InferenceResponse([pb.Tensor("O", x)]))\nreturn out',
  ),
  async_ok: `${PREAMBLE}import asyncio\nclass TritonPythonModel:\n    async def execute(self, requests):\n        await asyncio.sleep(0.01)\n        return [${ok} for r in requests]\n`,
  async_raises: `${PREAMBLE}import asyncio\nclass TritonPythonModel:\n    async def execute(self, requests):\n        await asyncio.sleep(0)\n        raise ValueError("async")\n`,
  no_execute: klass('    def initialize(self, args): pass'),
  execute_number: klass('    execute = 5'),
  finalize_raises: withExecute('    def finalize(self): raise ValueError("f")'),
  no_initialize: withExecute('    x = 1'),
};

/** Models that fail while they are loaded. */
const LOADING: Readonly<Record<string, string>> = {
  load_syntax: `${PREAMBLE}def x(:\n`,
  load_indent: 'class TritonPythonModel:\ndef x(): pass\n',
  load_import: `${PREAMBLE}import not_there\n`,
  load_from_import: 'from os import not_there\n',
  load_zero: `${PREAMBLE}x = 1 / 0\n`,
  load_raise: 'raise RuntimeError("at the top")\n',
  load_no_class: `${PREAMBLE}x = 1\n`,
  load_empty: '',
  load_init_raises: withExecute('    def initialize(self, args): raise RuntimeError("init\\nbad")'),
  load_init_key: withExecute('    def initialize(self, args): args["nothing"]'),
  load_init_model_exception: withExecute(
    '    def initialize(self, args): raise pb.TritonModelException("tme")',
  ),
  load_init_arguments: withExecute('    def initialize(self): pass'),
  load_init_exits: withExecute('    def initialize(self, args):\n        import os\n        os._exit(3)'),
  load_init_bls: withExecute(
    '    def initialize(self, args):\n        pb.InferenceRequest(model_name="ok", inputs=[pb.Tensor("I", np.ones((1, 2), np.float32))], requested_output_names=["O"]).exec()',
  ),
  load_constructor: withExecute('    def __init__(self): raise ValueError("ctor")'),
  load_auto_number: completing('return 5'),
  load_auto_none: completing('pass'),
  load_auto_raises: completing('raise ValueError("auto")'),
  load_auto_extra_output: completing(
    'c.add_output({"name": "X", "data_type": "TYPE_FP32", "dims": [3]}); return c',
  ),
  load_auto_extra_input: completing(
    'c.add_input({"name": "X", "data_type": "TYPE_FP32", "dims": [3]}); return c',
  ),
  load_auto_no_dims: completing('c.add_output({"name": "X", "data_type": "TYPE_FP32"}); return c'),
  load_auto_no_type: completing('c.add_output({"name": "X", "dims": [1]}); return c'),
  load_auto_no_name: completing('c.add_output({"data_type": "TYPE_FP32", "dims": [1]}); return c'),
  load_auto_unknown: completing(
    'c.add_input({"name": "X", "data_type": "TYPE_FP32", "dims": [1], "is_shape": 1}); return c',
  ),
  load_auto_other_type: completing(
    'c.add_input({"name": "I", "data_type": "TYPE_INT32", "dims": [2]}); return c',
  ),
  load_auto_other_dims: completing(
    'c.add_input({"name": "I", "data_type": "TYPE_FP32", "dims": [3]}); return c',
  ),
  load_auto_batch: completing('c.set_max_batch_size(2); return c'),
  load_auto_batch_more: completing('c.set_max_batch_size(8); return c'),
};

/** Decoupled models. */
const DECOUPLING: Readonly<Record<string, string>> = {
  dec_three: sending(
    'for i in range(3): s.send(pb.InferenceResponse([pb.Tensor("O", x + i)]))\ns.send(flags=pb.TRITONSERVER_RESPONSE_COMPLETE_FINAL)',
  ),
  dec_one_final: sending('s.send(pb.InferenceResponse([pb.Tensor("O", x)]), flags=1)'),
  dec_none: sending('s.send(flags=1)'),
  dec_many: sending(
    'for i in range(40): s.send(pb.InferenceResponse([pb.Tensor("O", x + i)]))\ns.send(flags=1)',
  ),
  dec_after_final: sending(
    's.send(pb.InferenceResponse([pb.Tensor("O", x)]), flags=1)\ns.send(pb.InferenceResponse([pb.Tensor("O", x)]))',
  ),
  dec_error_last: sending(
    's.send(pb.InferenceResponse([pb.Tensor("O", x)]))\ns.send(pb.InferenceResponse([], pb.TritonError("bad", pb.TritonError.NOT_FOUND)), flags=1)',
  ),
  dec_error_first: sending(
    's.send(pb.InferenceResponse([], pb.TritonError("bad", pb.TritonError.INVALID_ARG)), flags=1)',
  ),
  dec_error_between: sending(
    's.send(pb.InferenceResponse([], pb.TritonError("bad")))\ns.send(pb.InferenceResponse([pb.Tensor("O", x)]), flags=1)',
  ),
  dec_flags: sending(
    'm = ""\nfor f in (0, 5, 2):\n    try: s.send(flags=f)\n    except Exception as e: m += "%s: %s|" % (type(e).__name__, e)\ns.send(pb.InferenceResponse([], pb.TritonError(m)), flags=1)',
  ),
  dec_raises: sending('s.send(pb.InferenceResponse([pb.Tensor("O", x)]))\nraise ValueError("x")'),
  dec_raises_first: sending('raise ValueError("x")'),
  dec_raises_after: sending(
    's.send(pb.InferenceResponse([pb.Tensor("O", x)]), flags=1)\nraise ValueError("late")',
  ),
  dec_returns: executing('return [1]'),
  dec_other_name: sending('s.send(pb.InferenceResponse([pb.Tensor("Z", x)]), flags=1)'),
  dec_parts: sending(
    's.send(pb.InferenceResponse([]))\ns.send(pb.InferenceResponse([pb.Tensor("O", x)]))\ns.send(flags=1)',
  ),
  dec_shapes: sending(
    'for i in range(1, 4): s.send(pb.InferenceResponse([pb.Tensor("O", np.zeros((1, i), np.float32))]))\ns.send(flags=1)',
  ),
  dec_thread: sending(
    'import threading, time\ndef later(s=s, x=x):\n    time.sleep(0.05)\n    s.send(pb.InferenceResponse([pb.Tensor("O", x)]))\n    s.send(flags=1)\nthreading.Thread(target=later).start()',
  ),
};

/** Modules beside the model, and none. */
const HELPER_OK: RepositoryFiles = {
  ...pythonFiles(
    'helper_ok',
    `${PREAMBLE}from good_helper import answer\nclass TritonPythonModel:\n    def execute(self, requests):\n        return answer(requests)\n`,
  ),
  'helper_ok/1/good_helper.py': `${PREAMBLE}def answer(requests):\n    return [${ok} for r in requests]\n`,
};
const BROKEN_HELPERS: readonly (readonly [name: string, files: RepositoryFiles])[] = [
  [
    'load_helper_raises',
    {
      ...pythonFiles('load_helper_raises', `${PREAMBLE}import bad_helper\n`),
      'load_helper_raises/1/bad_helper.py': 'def f():\n    raise KeyError("k")\nf()\n',
    },
  ],
  [
    'load_helper_syntax',
    {
      ...pythonFiles('load_helper_syntax', `${PREAMBLE}import bad_helper2\n`),
      'load_helper_syntax/1/bad_helper2.py': 'x = (\n',
    },
  ],
];

/** What the real server never answers: a request of a model that gives back nothing, a load without a file. */
export const UNANSWERED_MODELS: readonly (readonly [name: string, files: RepositoryFiles])[] = [
  ['returns_none', pythonFiles('returns_none', executing('return None'))],
  ['returns_nothing', pythonFiles('returns_nothing', executing('pass'))],
  ['returns_nones', pythonFiles('returns_nones', executing('return [None for r in requests]'))],
  [
    'load_no_file',
    { 'load_no_file/config.pbtxt': `backend: "python"\n${TWO_NUMBERS}`, 'load_no_file/1/other.py': '' },
  ],
];

const answering = Object.entries(ANSWERING).map(
  ([name, source]) => [name, pythonFiles(name, source)] as const,
);
const loading = Object.entries(LOADING).map(([name, source]) => [name, pythonFiles(name, source)] as const);
const decoupling = Object.entries(DECOUPLING).map(
  ([name, source]) => [name, pythonFiles(name, source, TWO_NUMBERS + DECOUPLED)] as const,
);

/** The files of each model, by its name. */
export const ANSWERING_MODELS: readonly (readonly [name: string, files: RepositoryFiles])[] = [
  ...answering,
  ['helper_ok', HELPER_OK],
];
export const LOADING_MODELS: typeof ANSWERING_MODELS = [...loading, ...BROKEN_HELPERS];
export const DECOUPLED_MODELS: typeof ANSWERING_MODELS = decoupling;
