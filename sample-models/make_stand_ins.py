"""Makes the stand-ins for the two models of Azure ML's Triton samples: tiny, with the tensor names, types and shapes of
the real ones, so that everything around them runs without a download. `fetch.py` gets the real weights.

    pip install onnx numpy
    python sample-models/make_stand_ins.py
"""

import os

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
PRODUCER = "triton-local stand-in"
PEACOCK = 84
CLASSES = 1000


def densenet():
    """Means of the three colours, then one row of weights a class: the greener and bluer a picture, the more a peacock."""
    weights = numpy.zeros((CLASSES, 3, 1, 1), numpy.float32)
    shades = numpy.linspace(-1, 1, CLASSES, dtype=numpy.float32)
    weights[:, 0, 0, 0] = shades
    weights[:, 1, 0, 0] = numpy.roll(shades, 333)
    weights[PEACOCK, :, 0, 0] = (-2, 2, 2)
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["data_0"], ["means"]),
            helper.make_node("Conv", ["means", "weights"], ["fc6_1"]),
        ],
        "densenet_onnx_stand_in",
        [helper.make_tensor_value_info("data_0", TensorProto.FLOAT, [1, 3, 224, 224])],
        [helper.make_tensor_value_info("fc6_1", TensorProto.FLOAT, [1, CLASSES, 1, 1])],
        [numpy_helper.from_array(weights, "weights")],
    )
    save(graph, "densenet_onnx")


def bidaf():
    """The answer is always the last two words before the final full stop, as it is in the sample's own question."""
    words = [helper.make_tensor_value_info(name, TensorProto.STRING, [None, 1]) for name in ("query_word", "context_word")]
    letters = [
        helper.make_tensor_value_info(name, TensorProto.STRING, [None, 1, 1, 16]) for name in ("query_char", "context_char")
    ]
    nodes = [
        helper.make_node("Shape", ["context_word"], ["shape"]),
        helper.make_node("Gather", ["shape", "first"], ["count"], axis=0),
    ]
    constants = [numpy_helper.from_array(numpy.array([0], numpy.int64), "first")]
    for name, back in (("start_pos", 3), ("end_pos", 2)):
        constants.append(numpy_helper.from_array(numpy.array([back], numpy.int64), name + "_back"))
        nodes.append(helper.make_node("Sub", ["count", name + "_back"], [name + "_long"]))
        nodes.append(helper.make_node("Cast", [name + "_long"], [name], to=TensorProto.INT32))
    outputs = [helper.make_tensor_value_info(name, TensorProto.INT32, [1]) for name in ("start_pos", "end_pos")]
    graph = helper.make_graph(nodes, "bidaf_stand_in", [letters[0], words[0], words[1], letters[1]], outputs, constants)
    save(graph, "bidaf-9")


def save(graph, name):
    model = helper.make_model(graph, producer_name=PRODUCER, opset_imports=[helper.make_opsetid("", 9)])
    model.ir_version = 4
    onnx.checker.check_model(model)
    onnx.save(model, os.path.join(HERE, name, "models", "triton", name, "1", "model.onnx"))


if __name__ == "__main__":
    densenet()
    bidaf()
