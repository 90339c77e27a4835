"""Recognises a handwritten digit: an 8x8 image in, the digit and the probability of each digit out."""

import tritonclient.http as triton
from azureml.contrib.services.aml_response import AMLResponse

from preprocess import ImageError, to_tensor

MODEL = "digits"


def init():
    global client
    client = triton.InferenceServerClient("localhost:8000")
    if not client.is_model_ready(MODEL):
        raise RuntimeError(f"Triton does not serve the model {MODEL!r}")


def run(data):
    try:
        tensor = to_tensor(data)
    except ImageError as error:
        return AMLResponse({"error": str(error)}, 400, json_str=True)
    image = triton.InferInput("image", list(tensor.shape), "FP32")
    image.set_data_from_numpy(tensor)
    probabilities = client.infer(MODEL, [image]).as_numpy("probabilities")[0]
    return {
        "digit": int(probabilities.argmax()),
        "probabilities": [round(float(value), 6) for value in probabilities],
    }
