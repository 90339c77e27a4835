"""Reads PGM files (binary, `P5`): the simplest image format there is, so that nothing but numpy is needed."""

import re

import numpy as np

HEADER = re.compile(rb"P5\s+(?:#[^\n]*\n\s*)*(\d+)\s+(\d+)\s+(\d+)\s")


class GraymapError(ValueError):
    """The bytes are no such image; the text tells their sender why."""


def read_graymap(file: bytes) -> np.ndarray:
    """Rows of brightness from 0 (black) to 1 (white)."""
    header = HEADER.match(file)
    if header is None:
        raise GraymapError("the image is not a binary PGM file, which begins with P5, width, height and maximum")
    width, height, brightest = (int(number) for number in header.groups())
    if not 0 < brightest < 256:
        raise GraymapError(f"the maximum of the PGM file is {brightest}; one byte a pixel is read, so 255 at most")
    pixels = np.frombuffer(file, dtype=np.uint8, offset=header.end())
    if pixels.size != width * height:
        raise GraymapError(f"the PGM file holds {pixels.size} pixels, not {width}x{height}")
    return pixels.reshape(height, width) / brightest
