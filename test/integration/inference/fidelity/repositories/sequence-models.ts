// Models of sequences that answer with what they were given: every request of their batch, its flags and inputs.
import type { RepositoryFiles } from '../shared-repository.ts';

/** Takes as many milliseconds as the largest INPUT says; raises where one is negative. */
const ECHO = `import json
import time

import numpy as np
import triton_python_backend_utils as pb_utils


def described(request):
    inputs = {}
    for tensor in request.inputs():
        values = tensor.as_numpy()
        listed = [value.decode() if isinstance(value, bytes) else value for value in values.ravel().tolist()]
        inputs[tensor.name()] = [str(values.dtype), list(values.shape), listed]
    # Of a null request Triton gives whatever lay in memory.
    if request.correlation_id() == 0 and request.flags() == 0:
        inputs["INPUT"] = None
    return [request.request_id(), request.correlation_id(), request.flags(), dict(sorted(inputs.items()))]


class TritonPythonModel:
    def initialize(self, args):
        self.batches = json.loads(args["model_config"])["max_batch_size"] > 0

    def execute(self, requests):
        batch = [described(request) for request in requests]
        asked = [one[3]["INPUT"][2][0] for one in batch if one[3]["INPUT"]]
        if min(asked) < 0:
            raise ValueError("as asked")
        time.sleep(max(asked) / 1000)
        responses = []
        for index in range(len(requests)):
            text = json.dumps([index, batch]).encode()
            values = np.array([text], dtype=object).reshape((1, 1) if self.batches else (1,))
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("SEEN", values)]))
        return responses
`;

/** Asks for its request again as often as INPUT says. */
const ITERATING = `import json
import time

import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.decoupled = config.get("model_transaction_policy", {}).get("decoupled", False)
        self.left = {}

    def execute(self, requests):
        responses = []
        for request in requests:
            identity, flags = request.correlation_id(), request.flags()
            if identity == 0 and flags == 0:
                responses.append(pb_utils.InferenceResponse([]))
                continue
            count = int(pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy().ravel()[0])
            left = count if flags & 1 else self.left.get(identity, -1)
            text = json.dumps([identity, flags, left]).encode()
            seen = pb_utils.Tensor("SEEN", np.array([[text]], dtype=object))
            response = pb_utils.InferenceResponse([seen])
            time.sleep(0.02)
            self.left[identity] = left - 1
            if left > 1:
                request.set_release_flags(pb_utils.TRITONSERVER_REQUEST_RELEASE_RESCHEDULE)
            if self.decoupled:
                final = 0 if left > 1 else pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL
                request.get_response_sender().send(response, flags=final)
            responses.append(None if left > 1 else response)
        return None if self.decoupled else responses
`;

const CONTROLS = {
  start:
    'control_input { name: "START" control { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }',
  end: 'control_input { name: "END" control { kind: CONTROL_SEQUENCE_END fp32_false_true: [ -1, 2.5 ] } }',
  ready:
    'control_input { name: "READY" control { kind: CONTROL_SEQUENCE_READY bool_false_true: [ false, true ] } }',
};

/** Every control, the correlation id in this type. */
export function controls(idType = 'TYPE_UINT64'): string {
  const id = `control_input { name: "CORRID" control { kind: CONTROL_SEQUENCE_CORRID data_type: ${idType} } }`;
  return Object.values(CONTROLS).concat(id).join('\n');
}

export interface SequenceModel {
  /** What stands in `sequence_batching`. */
  readonly batching: string;
  /** 4 where it is not given; 0 takes no batches. */
  readonly maxBatchSize?: number;
  readonly dims?: number;
  /** Further fields of the configuration. */
  readonly more?: string;
  readonly iterates?: boolean;
  readonly files?: RepositoryFiles;
}

export function sequenceFiles(name: string, model: SequenceModel): RepositoryFiles {
  const { batching, maxBatchSize = 4, dims = 1, more = '', iterates = false, files = {} } = model;
  const config = `backend: "python"
max_batch_size: ${maxBatchSize}
input { name: "INPUT" data_type: TYPE_INT32 dims: [ ${dims} ] }
output { name: "SEEN" data_type: TYPE_STRING dims: [ 1 ] }
${more.includes('instance_group') ? '' : 'instance_group { count: 1 kind: KIND_CPU }'}
${more}
sequence_batching {
${batching}
}
`;
  const others = Object.entries(files).map(([file, text]) => [`${name}/${file}`, text] as const);
  return {
    ...Object.fromEntries(others),
    [`${name}/config.pbtxt`]: config,
    [`${name}/1/model.py`]: iterates ? ITERATING : ECHO,
  };
}
