"""Sends an image file to the pipeline and prints what it reads: `python client.py four.pgm`."""

import sys

import numpy as np
import tritonclient.http as triton


def main(file="four.pgm", url="localhost:8000"):
    with open(file, "rb") as image:
        content = np.array([[image.read()]], dtype=np.object_)
    tensor = triton.InferInput("image", list(content.shape), "BYTES")
    tensor.set_data_from_numpy(content)
    with triton.InferenceServerClient(url) as client:
        answer = client.infer("read_digit", [tensor])
    print(f"{answer.as_numpy('label')[0, 0].decode()} ({answer.as_numpy('probability')[0, 0]:.3f})")


if __name__ == "__main__":
    main(*sys.argv[1:])
