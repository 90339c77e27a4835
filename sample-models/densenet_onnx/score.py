"""Names what a picture shows: the bytes of an image in, `INDEX : LABEL` out."""

import io
import os

import numpy
import tritonclient.http as http
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse
from PIL import Image

MODEL = "densenet_onnx"


def init():
    global client, labels
    client = http.InferenceServerClient(url="localhost:8000")
    folder = os.path.join(os.environ["AZUREML_MODEL_DIR"], "models", "triton", MODEL)
    with open(os.path.join(folder, "densenet_labels.txt"), encoding="utf-8") as file:
        labels = file.read().splitlines()


@rawhttp
def run(request):
    if request.method != "POST":
        return AMLResponse("bad request", 500)
    picture = Image.open(io.BytesIO(request.get_data(False))).convert("RGB").resize((224, 224), Image.BILINEAR)
    tensor = http.InferInput("data_0", [3, 224, 224], "FP32")
    tensor.set_data_from_numpy(preprocess(numpy.asarray(picture)))
    scores = client.infer(MODEL, [tensor]).as_numpy("fc6_1")
    best = int(scores.argmax())
    return AMLResponse("%d : %s" % (best, labels[best]), 200)


def preprocess(pixels):
    """Rows of RGB pixels from 0 to 255 as the model wants them: channels first, each from -1 to 1."""
    return (pixels.astype(numpy.float32) / 128 - 1).transpose(2, 0, 1)
