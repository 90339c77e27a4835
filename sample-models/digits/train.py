"""Trains the digits classifier and writes everything in this folder that comes from it.

    python -m venv .venv && .venv/bin/pip install scikit-learn onnx onnxruntime
    .venv/bin/python train.py

Writes the ONNX model, the labels, the held-out images (`held-out.json`) and the sample requests
(`sample-requests.json`). The seed is fixed: the same package versions write the same files.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HERE = Path(__file__).resolve().parent
MODEL = HERE / "models" / "triton" / "digits"
SEED = 7
PIXEL_MAX = 16.0


def main() -> None:
    images, labels = load_digits(return_X_y=True)
    train_x, held_x, train_y, held_y = train_test_split(
        images, labels, test_size=360, stratify=labels, random_state=SEED
    )
    classifier = MLPClassifier(hidden_layer_sizes=(96,), alpha=1e-3, max_iter=400, random_state=SEED)
    classifier.fit(train_x / PIXEL_MAX, train_y)

    path = MODEL / "1" / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(to_onnx(classifier), path)
    (MODEL / "digits_labels.txt").write_text("".join(f"{digit}\n" for digit in range(10)))

    probabilities = run_onnx(path, held_x)
    expected = classifier.predict_proba(held_x / PIXEL_MAX)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    accuracy = float((probabilities.argmax(axis=1) == held_y).mean())
    print(f"held-out accuracy {accuracy:.4f} ({len(held_y)} images), {path.stat().st_size} bytes")

    write_held_out(held_x, held_y, accuracy)
    write_sample_requests(held_x, probabilities)


def to_onnx(classifier: MLPClassifier) -> onnx.ModelProto:
    """One hidden layer: image / 16 -> MatMul -> Add -> Relu -> MatMul -> Add -> Softmax."""
    initializers = [numpy_helper.from_array(np.float32(PIXEL_MAX), "pixel_max")]
    nodes = [helper.make_node("Div", ["image", "pixel_max"], ["scaled"])]
    previous = "scaled"
    for index, (weights, bias) in enumerate(zip(classifier.coefs_, classifier.intercepts_)):
        initializers += [
            numpy_helper.from_array(weights.astype(np.float32), f"weights_{index}"),
            numpy_helper.from_array(bias.astype(np.float32), f"bias_{index}"),
        ]
        last = index == len(classifier.coefs_) - 1
        activation = helper.make_node("Softmax", [f"sum_{index}"], ["probabilities"], axis=-1)
        if not last:
            activation = helper.make_node("Relu", [f"sum_{index}"], [f"layer_{index}"])
        nodes += [
            helper.make_node("MatMul", [previous, f"weights_{index}"], [f"product_{index}"]),
            helper.make_node("Add", [f"product_{index}", f"bias_{index}"], [f"sum_{index}"]),
            activation,
        ]
        previous = f"layer_{index}"
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 64])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        initializers,
    )
    # What the ONNX Runtime of Triton 2.51 (1.19) reads as well.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def run_onnx(path: Path, images: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path))
    return session.run(["probabilities"], {"image": images.astype(np.float32)})[0]


def as_image(pixels: np.ndarray) -> list:
    return pixels.reshape(8, 8).astype(int).tolist()


def write_held_out(images: np.ndarray, labels: np.ndarray, accuracy: float) -> None:
    held_out = {
        "accuracy": round(accuracy, 4),
        "images": [as_image(image) for image in images],
        "labels": labels.tolist(),
    }
    (HERE / "held-out.json").write_text(json.dumps(held_out, separators=(",", ":")) + "\n")


def write_sample_requests(images: np.ndarray, probabilities: np.ndarray) -> None:
    def rounded(row: np.ndarray) -> list:
        return [round(float(value), 6) for value in row]

    requests = [
        {
            "name": f"digit {int(row.argmax())} by the script",
            "score": {"body": {"image": as_image(image)}},
            "expect": {"json": {"digit": int(row.argmax()), "probabilities": rounded(row)}},
        }
        for image, row in zip(images[:3], probabilities[:3])
    ]
    requests.append(
        {
            "name": "a batch of two by the model",
            "infer": {
                "model": "digits",
                "inputs": [
                    {
                        "name": "image",
                        "datatype": "FP32",
                        "shape": [2, 64],
                        "data": images[3:5].astype(int).reshape(-1).tolist(),
                    }
                ],
            },
            "expect": {
                "outputs": {
                    "probabilities": {
                        "datatype": "FP32",
                        "shape": [2, 10],
                        "data": rounded(probabilities[3:5].reshape(-1)),
                    }
                }
            },
        }
    )
    requests.append(
        {
            "name": "a broken image is refused",
            "score": {"body": {"image": [[1, 2], [3]]}},
            "expect": {
                "status": 400,
                "json": {"error": "image must be 8 rows of 8 numbers from 0 to 16"},
            },
        }
    )
    # One request a line: diffs stay readable, images do not take eighty lines each.
    lines = ",\n".join("  " + json.dumps(request) for request in requests)
    head = ' "version": 1,\n "tolerance": {"absolute": 0.0001},\n "requests": [\n'
    (HERE / "sample-requests.json").write_text("{\n" + head + lines + "\n ]\n}\n")


if __name__ == "__main__":
    main()
