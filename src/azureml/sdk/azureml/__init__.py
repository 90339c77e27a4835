"""Azure ML's packages: `core` and `exceptions` are triton-local's; what else is installed is found behind them.

What is not installed stands in as it does for entry scripts, by the same module: `azureml.contrib.services`,
`azureml.monitoring`, `azureml.ai.monitoring` and what they lead to. What is not emulated can be imported, and says what
to do when it is used (`_unemulated.py`).
"""

import os
import sys
from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)


def _install_stand_ins(harness):
    package = type(sys)("_triton_local")
    package.__path__ = [harness]
    sys.modules["_triton_local"] = package
    sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
    try:
        from _triton_local import shims
    finally:
        sys.dont_write_bytecode = kept
    shims.install(for_entry_script=False)


# A worker, which has inherited our variables, has them already.
if "TRITON_LOCAL_HARNESS" in os.environ and "_triton_local" not in sys.modules:
    _install_stand_ins(os.environ["TRITON_LOCAL_HARNESS"])
