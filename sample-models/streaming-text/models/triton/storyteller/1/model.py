"""Goes on with a text, one word a response: the smallest language model that streams as the large ones do."""

import os
import random

import numpy as np
import triton_python_backend_utils as pb_utils

from bigrams import Bigrams

DEFAULT_WORDS = 20


class TritonPythonModel:
    def initialize(self, args):
        with open(os.path.join(os.path.dirname(__file__), "story.txt"), encoding="utf-8") as story:
            self.bigrams = Bigrams(story.read())

    def execute(self, requests):
        for request in requests:
            sender = request.get_response_sender()
            for word in self.words(request):
                if request.is_cancelled():
                    break
                text = np.array([word.encode()], dtype=np.object_)
                sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("text_output", text)]))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def words(self, request):
        prompt = pb_utils.get_input_tensor_by_name(request, "text_input").as_numpy()[0].decode()
        limit = pb_utils.get_input_tensor_by_name(request, "max_words")
        count = DEFAULT_WORDS if limit is None else int(limit.as_numpy()[0])
        # The same prompt gives the same story.
        return self.bigrams.go_on(prompt, count, random.Random(prompt))
