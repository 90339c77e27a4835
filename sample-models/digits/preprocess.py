"""From the JSON of a request to the tensor that the model takes."""

import json

import numpy as np

SIDE = 8
DARKEST = 16


class ImageError(ValueError):
    """The request holds no image; the text tells its sender why."""


def to_tensor(data: str) -> np.ndarray:
    """`{"image": [8 rows of 8 numbers from 0 to 16]}` as FP32 of shape [1, 64]."""
    try:
        request = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImageError(f"the request is not JSON: {error}") from None
    if not isinstance(request, dict) or "image" not in request:
        raise ImageError('the request must be a JSON object with the key "image"')
    image = request["image"]
    if not is_list(image) or not all(is_list(row) for row in image):
        raise ImageError(f"image must be {SIDE} rows of {SIDE} numbers")
    for y, row in enumerate(image):
        for x, value in enumerate(row):
            if type(value) not in (int, float) or not 0 <= value <= DARKEST:
                raise ImageError(f"image[{y}][{x}] must be a number from 0 to {DARKEST}")
    return np.array(image, dtype=np.float32).reshape(1, SIDE * SIDE)


def is_list(value: object) -> bool:
    return isinstance(value, list) and len(value) == SIDE
