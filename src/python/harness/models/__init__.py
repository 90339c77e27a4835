"""The surface of Triton's Python backend, for the `model.py` files of a model repository."""
