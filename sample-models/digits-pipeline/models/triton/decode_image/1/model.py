"""From the bytes of an image file to the 64 pixels that the digits model takes."""

import numpy as np
import triton_python_backend_utils as pb_utils

from graymap import GraymapError, read_graymap

SIDE = 8
BRIGHTEST = 16


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        files = pb_utils.get_input_tensor_by_name(request, "image").as_numpy()
        try:
            pixels = np.stack([to_pixels(file) for file in files.reshape(-1)])
        except GraymapError as error:
            return pb_utils.InferenceResponse(
                error=pb_utils.TritonError(str(error), pb_utils.TritonError.INVALID_ARG)
            )
        return pb_utils.InferenceResponse([pb_utils.Tensor("pixels", pixels)])


def to_pixels(file: bytes) -> np.ndarray:
    """Any image whose sides are multiples of 8, averaged down to 8x8, as numbers from 0 to 16."""
    image = read_graymap(file)
    height, width = image.shape
    if height % SIDE or width % SIDE:
        raise GraymapError(f"the image is {width}x{height}; both sides must be multiples of {SIDE}")
    blocks = image.reshape(SIDE, height // SIDE, SIDE, width // SIDE)
    return (blocks.mean(axis=(1, 3)) * BRIGHTEST).astype(np.float32).reshape(-1)
