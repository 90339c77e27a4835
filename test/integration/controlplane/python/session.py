"""A Python prompt for tests: reads JSON strings of code, one a line, and answers each with a line of JSON.

`{"value": ...}` is the value of the last expression, `{"error": {"classes", "message"}}` the exception that it raised.
"""

import guard  # noqa: F401, isort: skip
import ast
import json
import os
import sys
import traceback

from azure.ai.ml import MLClient, entities
from azure.identity import DefaultAzureCredential

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the SDK prints does not mix with the answers
scope = {name: getattr(entities, name) for name in entities.__all__}
scope.update(MLClient=MLClient, DefaultAzureCredential=DefaultAzureCredential)
scope.update(ml_client=MLClient(DefaultAzureCredential(), "a-subscription", "a-group", "a-workspace"))


def evaluate(code):
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<test>", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "<test>", "eval"), scope) if last else None


for line in sys.stdin:
    try:
        answer = {"value": evaluate(json.loads(line))}
    except Exception as error:
        traceback.print_exc()
        answer = {"error": {"classes": [one.__name__ for one in type(error).__mro__], "message": str(error)}}
    answers.write(json.dumps(answer, default=str) + "\n")
    answers.flush()
