"""A plain script that returns, raises or does what the body names. It never loads Flask."""

import asyncio
import collections
import datetime
import decimal
import json
import socket
import sys
import time
import types


class Odd:
    def __repr__(self):
        return "odd"


async def coroutine():
    return 1


def generator():
    yield 1


RETURNS = {
    "dict": {"a": 1, "b": [1.5, None, True]},
    "empty dict": {},
    "nested": {"a": {"b": {"c": [[[]]]}}},
    "list": [1, 2, 3],
    "empty list": [],
    "tuple": (1, "x"),
    "int": 5,
    "big int": 2**70,
    "negative": -1,
    "float": 0.1,
    "exponent": 1e300,
    "tiny": 5e-324,
    "nan": float("nan"),
    "infinity": float("inf"),
    "true": True,
    "false": False,
    "zero": 0,
    "none": None,
    "str": "text",
    "empty str": "",
    "json str": json.dumps({"a": 1}),
    "unicode": "h\u00e9llo \u4e2d \U0001f600",
    "surrogate": "\ud800",
    "control": "a\x00b\x1f\x7f\u2028",
    "quotes": 'say "hi" \\ /',
    "html": "<script>&amp;</script>",
    "newline": "a\nb\r\nc\t",
    "int keys": {1: "a", 2.5: "b", None: "c", True: "d"},
    "ordered": collections.OrderedDict([("z", 1), ("a", 2)]),
    "named tuple": collections.namedtuple("Point", "x y")(1, 2),
    "default dict": collections.defaultdict(list, {"a": [1]}),
    "bytes": b"abc",
    "bytearray": bytearray(b"abc"),
    "memoryview": memoryview(b"abc"),
    "set": {1, 2},
    "frozenset": frozenset([1]),
    "complex": 1j,
    "decimal": decimal.Decimal("1.5"),
    "date": datetime.date(2020, 1, 1),
    "odd": Odd(),
    "type": Odd,
    "function": generator,
    "range": range(3),
    "deque": collections.deque([1]),
    "tuple keys": {(1, 2): 3},
    "bytes keys": {b"a": 1},
    "bytes inside": {"a": [b"x"]},
    "nan inside": {"a": [float("nan"), float("-inf")]},
    "simple namespace": types.SimpleNamespace(a=1),
    "exception object": ValueError("returned, not raised"),
    "not implemented": NotImplemented,
    "ellipsis": ...,
}

RAISES = {
    "ValueError": ValueError("bad"),
    "Exception without text": Exception(),
    "KeyError": KeyError("k"),
    "TimeoutError": TimeoutError("mine"),
    "socket.timeout": socket.timeout("slow"),
    "asyncio.TimeoutError": asyncio.TimeoutError(),
    "OSError": OSError(2, "gone"),
    "StopIteration": StopIteration(),
    "AssertionError": AssertionError("no"),
    "RecursionError": RecursionError("deep"),
    "MemoryError": MemoryError(),
    "UnicodeError": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
    "Warning": UserWarning("warned"),
    "SystemExit": SystemExit(),
    "SystemExit 0": SystemExit(0),
    "SystemExit 3": SystemExit(3),
    "SystemExit text": SystemExit("gone"),
    "KeyboardInterrupt": KeyboardInterrupt(),
    "GeneratorExit": GeneratorExit(),
    "BaseException": BaseException("base"),
}


def circular():
    value = []
    value.append(value)
    return value


def deep():
    value = []
    for _ in range(100000):
        value = [value]
    return value


def recurse():
    return recurse()


def chained():
    try:
        raise ValueError("first")
    except ValueError as error:
        raise RuntimeError("second") from error


DOES = {
    "coroutine": coroutine,
    "generator": generator,
    "circular": circular,
    "deep": deep,
    "recurse": recurse,
    "chained": chained,
    "exit": sys.exit,
    "exit 0": lambda: sys.exit(0),
    "lambda": lambda: (lambda: 1),
    "iterator": lambda: iter([1]),
    "map": lambda: map(str, [1]),
    "print": lambda: print("printed"),
    "stderr": lambda: sys.stderr.write("written\n"),
    "division": lambda: 1 // 0,
    "long": lambda: "x" * 200000,
    "long list": lambda: list(range(20000)),
    "sleep": lambda: time.sleep(0.01),
}


def init():
    pass


def run(data):
    if data in RETURNS:
        return RETURNS[data]
    if data in RAISES:
        raise RAISES[data]
    return DOES[data]()
