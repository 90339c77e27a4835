// Python models that do what their request says, so that one of them plays every stream.
import { ENSEMBLE_FILES } from '../../fidelity/repositories/ensembles.ts';
import { controls, sequenceFiles } from '../../fidelity/repositories/sequence-models.ts';
import type { RepositoryFiles } from '../../fidelity/shared-repository.ts';

/** What a model does with a request, step by step. */
export type Step =
  /** Sends (or, last and not decoupled, returns) these numbers. */
  | { readonly send: readonly number[] }
  /** Sends these numbers with the final flag. */
  | { readonly last: readonly number[] }
  /** Sends no output at all. */
  | { readonly nothing: true }
  /** Sends a TritonError. */
  | { readonly error: string; readonly code?: string }
  | { readonly raise: string }
  | { readonly sleep: number }
  /** Ends without the final flag of the sender. */
  | { readonly leave: true }
  /** Writes a file. */
  | { readonly write: string }
  /** Waits until a file exists; gives up, and ends, after twenty seconds. */
  | { readonly untilFile: string }
  /** Waits until the request is cancelled; gives up, and ends, after twenty seconds. */
  | { readonly untilCancelled: true };

const MODEL = `import json
import os
import time

import numpy as np
import triton_python_backend_utils as pb_utils


def response(step):
    if "error" in step:
        error = pb_utils.TritonError(step["error"], getattr(pb_utils.TritonError, step.get("code", "INTERNAL")))
        return pb_utils.InferenceResponse([], error)
    if "nothing" in step:
        return pb_utils.InferenceResponse([])
    numbers = step["send"] if "send" in step else step["last"]
    return pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array(numbers, np.int32))])


def wait_until(holds):
    end = time.monotonic() + 20
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError("waited for nothing")
        time.sleep(0.01)


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.decoupled = config.get("model_transaction_policy", {}).get("decoupled", False)

    def execute(self, requests):
        responses = [self.run(request) for request in requests]
        return None if self.decoupled else responses

    def run(self, request):
        steps = json.loads(pb_utils.get_input_tensor_by_name(request, "STEPS").as_numpy()[0])
        sender = request.get_response_sender() if self.decoupled else None
        final = True
        result = None
        for step in steps:
            if "sleep" in step:
                time.sleep(step["sleep"] / 1000)
            elif "raise" in step:
                raise ValueError(step["raise"])
            elif "leave" in step:
                final = False
            elif "untilCancelled" in step:
                wait_until((sender or request).is_cancelled)
            elif "untilFile" in step:
                wait_until(lambda: os.path.exists(step["untilFile"]))
            elif "write" in step:
                open(step["write"], "w").close()
            elif sender:
                flags = 0
                if "last" in step:
                    flags = pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL
                    final = False
                sender.send(response(step), flags)
            else:
                result = response(step)
        if sender and final:
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        return result or pb_utils.InferenceResponse([])
`;

/** Answers with all that a Python model learns of its request. */
const SEEN = `import json

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            seen = {
                "id": request.request_id(),
                "correlation": request.correlation_id(),
                "flags": request.flags(),
                "timeout": request.timeout(),
                "parameters": json.loads(request.parameters()),
                "outputs": sorted(request.requested_output_names()),
            }
            text = json.dumps(seen, sort_keys=True).encode()
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("SEEN", np.array([text], dtype=object))]))
        return responses
`;

/** Answers with its input. */
export const NUMBERS_MODEL = `import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            values = pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", values)]))
        return responses
`;

const NUMBERS_CONFIG = `backend: "python"
input { name: "INPUT" data_type: TYPE_FP32 dims: [ -1 ] }
output { name: "OUTPUT" data_type: TYPE_FP32 dims: [ -1 ] label_filename: "labels.txt" }
instance_group { count: 1 kind: KIND_CPU }
`;

const config = (more: string) => `backend: "python"
input { name: "STEPS" data_type: TYPE_STRING dims: [ 1 ] }
output { name: "OUT" data_type: TYPE_INT32 dims: [ -1 ] }
instance_group { count: 1 kind: KIND_CPU }
${more}`;

const SEEN_CONFIG = `backend: "python"
input { name: "STEPS" data_type: TYPE_STRING dims: [ 1 ] }
output { name: "SEEN" data_type: TYPE_STRING dims: [ 1 ] }
instance_group { count: 1 kind: KIND_CPU }
`;

const only = (...names: string[]): RepositoryFiles =>
  Object.fromEntries(
    Object.entries(ENSEMBLE_FILES).filter(([file]) => names.includes(file.split('/')[0] ?? '')),
  );

/** The models that play a script, and the one that tells what it learns. */
export const SCRIPTED_FILES: RepositoryFiles = {
  'decoupled/config.pbtxt': config('model_transaction_policy { decoupled: true }'),
  'decoupled/1/model.py': MODEL,
  'plain/config.pbtxt': config(''),
  'plain/1/model.py': MODEL,
  'seen/config.pbtxt': SEEN_CONFIG,
  'seen/1/model.py': SEEN,
};

export const STREAM_FILES: RepositoryFiles = {
  ...SCRIPTED_FILES,
  'other/config.pbtxt': config(''),
  'other/1/model.py': MODEL,
  'numbers/config.pbtxt': NUMBERS_CONFIG,
  'numbers/labels.txt': 'one\ntwo\nthree\n',
  'numbers/1/model.py': NUMBERS_MODEL,
  ...sequenceFiles('sequence', {
    batching: `max_sequence_idle_microseconds: 60000000\n${controls()}`,
    maxBatchSize: 4,
  }),
  ...only('add1', 'e_one'),
};
