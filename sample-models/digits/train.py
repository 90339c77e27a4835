"""Trains the digits classifier and writes everything in this folder that comes from it.

    pip install scikit-learn onnx onnxruntime
    python train.py

Writes the ONNX model, the labels, the held-out images (`held-out.json`) and the sample requests
(`sample-requests.json`). The seed is fixed: the same packages write the same bytes (the committed files come from
scikit-learn 1.9.1, numpy 2.4.6 and onnx 1.23.2).
"""

import json
import textwrap
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
    write(MODEL / "digits_labels.txt", "".join(f"{digit}\n" for digit in range(10)))

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


def write_held_out(images: np.ndarray, labels: np.ndarray, accuracy: float) -> None:
    held_out = {
        "accuracy": round(accuracy, 4),
        "images": [as_image(image) for image in images],
        "labels": labels.tolist(),
    }
    write(HERE / "held-out.json", json.dumps(held_out, separators=(",", ":")) + "\n")


def write_sample_requests(images: np.ndarray, probabilities: np.ndarray) -> None:
    first, second, third, fourth, fifth = clear_ones(probabilities)
    requests = [
        *(script_request(images[at], probabilities[at]) for at in (first, second, third)),
        model_request("one image", images[[fourth]], probabilities[[fourth]]),
        model_request("a batch of two", images[[fourth, fifth]], probabilities[[fourth, fifth]]),
        {
            "name": "a request without an image is refused",
            "score": {"body": {"picture": []}},
            "expect": {
                "status": 400,
                "json": {"error": 'the request must be a JSON object with the key "image"'},
            },
        },
    ]
    # GPUs multiply in TF32, whose probabilities differ in the fourth place.
    document = {"version": 1, "tolerance": {"absolute": 0.001}, "requests": requests}
    write(HERE / "sample-requests.json", layout(document) + "\n")


def clear_ones(probabilities: np.ndarray) -> list:
    """The first image of each of five digits that no rounding can take for another."""
    chosen = {}
    for at, row in enumerate(probabilities):
        if row.max() > 0.99:
            chosen.setdefault(int(row.argmax()), at)
    return list(chosen.values())[:5]


def script_request(image: np.ndarray, probabilities: np.ndarray) -> dict:
    digit = int(probabilities.argmax())
    return {
        "name": f"the script reads {digit}",
        "score": {"body": {"image": as_image(image)}},
        "expect": {"json": {"digit": digit, "probabilities": rounded(probabilities)}},
    }


def model_request(name: str, images: np.ndarray, probabilities: np.ndarray) -> dict:
    size = len(images)
    image = {"name": "image", "datatype": "FP32", "shape": [size, 64], "data": as_integers(images)}
    answer = {"datatype": "FP32", "shape": [size, 10], "data": rounded(probabilities)}
    return {
        "name": f"the model, {name}",
        "infer": {"model": "digits", "inputs": [image]},
        "expect": {"outputs": {"probabilities": answer}},
    }


def as_image(pixels: np.ndarray) -> list:
    return pixels.reshape(8, 8).astype(int).tolist()


def as_integers(pixels: np.ndarray) -> list:
    return pixels.reshape(-1).astype(int).tolist()


def rounded(values: np.ndarray) -> list:
    return [round(float(value), 6) for value in values.reshape(-1)]


def layout(value: object, indent: str = "") -> str:
    """JSON to be read: numbers side by side, everything else on a line of its own."""
    inner = indent + "  "
    if isinstance(value, dict):
        members = [f"{inner}{json.dumps(key)}: {layout(member, inner)}" for key, member in value.items()]
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], (int, float)):
        line = json.dumps(value)
        if len(line) <= 88:
            return line
        block = textwrap.fill(line[1:-1], 110, initial_indent=inner, subsequent_indent=inner)
        return f"[\n{block}\n{indent}]"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + layout(element, inner) for element in value) + f"\n{indent}]"
    return json.dumps(value)


def write(file: Path, text: str) -> None:
    file.write_bytes(text.encode())


if __name__ == "__main__":
    main()
