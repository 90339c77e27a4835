"""Azure ML's packages: `core` and `exceptions` are triton-local's; what else is installed is found behind them."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
