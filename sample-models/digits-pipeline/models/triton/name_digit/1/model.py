"""From the probabilities of the ten digits to the likeliest one's name."""

import numpy as np
import triton_python_backend_utils as pb_utils

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        probabilities = pb_utils.get_input_tensor_by_name(request, "probabilities").as_numpy()
        best = probabilities.argmax(axis=1)
        label = np.array([[NAMES[digit].encode()] for digit in best], dtype=np.object_)
        probability = probabilities.max(axis=1, keepdims=True).astype(np.float32)
        return pb_utils.InferenceResponse(
            [pb_utils.Tensor("label", label), pb_utils.Tensor("probability", probability)]
        )
