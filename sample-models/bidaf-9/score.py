"""Answers a question by words of a text: `{"context": ..., "query": ...}` in, the answer's words out."""

import json
import re

import numpy
import tritonclient.http as http

MODEL = "bidaf-9"
LETTERS = 16


def init():
    global client
    client = http.InferenceServerClient(url="localhost:8000")


def run(data):
    asked = json.loads(data)
    context = words_of(asked["context"])
    inputs = [*tensors("context", context), *tensors("query", words_of(asked["query"]))]
    outputs = [http.InferRequestedOutput(name, binary_data=False) for name in ("start_pos", "end_pos")]
    answer = client.infer(MODEL, inputs, model_version="1", request_id="0", outputs=outputs)
    start, end = (int(answer.as_numpy(name)[0]) for name in ("start_pos", "end_pos"))
    print("start is %d, end is %d" % (start, end))
    return context[start : end + 1]


def words_of(text):
    """Words and punctuation marks. Without nltk, whose tokenizer fetches its data from the network when it starts."""
    return re.findall(r"\w+|[^\w\s]", text)


def tensors(name, words):
    """Each word in small letters, and its first letters one by one, filled up with empty texts."""
    whole = numpy.array([word.lower() for word in words], dtype=object).reshape(-1, 1)
    letters = [list(word[:LETTERS]) + [""] * (LETTERS - len(word)) for word in words]
    single = numpy.array(letters, dtype=object).reshape(-1, 1, 1, LETTERS)
    for suffix, values in (("word", whole), ("char", single)):
        tensor = http.InferInput("%s_%s" % (name, suffix), values.shape, "BYTES")
        tensor.set_data_from_numpy(values, binary_data=False)
        yield tensor
