"""From the request's JSON to the tensor that the model takes."""

import json

import numpy as np


class ImageError(ValueError):
    """The request does not hold an image."""


def to_tensor(data: str) -> np.ndarray:
    """`{"image": [[...8 rows of 8 numbers...]]}` as FP32 of shape [1, 64]."""
    try:
        image = np.asarray(json.loads(data)["image"], dtype=np.float32)
    except (ValueError, TypeError, KeyError):
        image = np.empty(0)
    if image.shape != (8, 8) or not ((image >= 0) & (image <= 16)).all():
        raise ImageError("image must be 8 rows of 8 numbers from 0 to 16")
    return image.reshape(1, 64)
