"""`Collector`; its switches, refusals and their texts are the real one's."""

import json
import os
import random
import sys

from _triton_local import collected

from .context import get_context

_AGENT = "azureml-ai-monitoring/1.0.0"


class Collector:
    def __init__(self, *, name, on_error=None):
        self._name = name
        self._on_error = on_error or _raise
        self._settings = _read_settings()
        self._refusal()

    def collect(self, data, correlation_context=None):
        """Appends a data frame; returns the context that correlates another one with it."""
        context = get_context() if correlation_context is None else correlation_context
        if self._refusal():
            return context
        percentage = self._settings[self._name] if self._name in self._settings else self._settings["*"]
        if percentage < 100 and percentage <= random.random() * 100:
            return context
        pandas = sys.modules.get("pandas")
        if pandas is None or not isinstance(data, pandas.DataFrame):
            text = "data type (%s) not supported, supported types: pandas.DataFrame" % type(data).__name__
            self._on_error(TypeError(text))
            return context
        kind = "%s.%s" % (type(data).__module__, type(data).__qualname__)
        record = collected.make_event(
            self._name,
            data.to_json(orient="records"),
            "application/json",
            kind,
            _AGENT,
            context.get_id(),
            context.get_timestamp(),
            "default",
        )
        collected.append_event(self._name, record)
        return context

    def _refusal(self):
        """Why nothing is collected, after reporting it to `on_error`; undecided names count as switched off."""
        if not self._name:
            text = "collection name is not provided"
        elif not self._settings:
            text = "custom logging is not enabled, drop the data"
        elif self._name not in self._settings and "*" not in self._settings:
            text = "collection %s is not enabled, drop the data" % self._name
        else:
            return None
        self._on_error(Exception(text))
        return text


def _raise(error):
    raise error


def _read_settings():
    """Percentages by the names of the collections that are switched on; `*` is any of them."""
    path = os.environ.get("AZUREML_MDC_CONFIG_PATH")
    if not path:
        if os.environ.get("AZUREML_MDC_ENABLED", "false").lower() != "true":
            return {}
        return {"*": int(os.environ.get("AZUREML_MDC_SAMPLE_RATE", "100"))}
    with open(path) as file:
        settings = json.load(file).get("collections", {})
    on = {name.lower(): one.get("sampleRatePercentage", 100) for name, one in settings.items() if one.get("enabled", False)}
    # `request` and `response` are the platform's own collections.
    return on if set(on) - {"request", "response"} else {}
