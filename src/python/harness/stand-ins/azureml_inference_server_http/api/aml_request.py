"""Replaces `azureml_inference_server_http.api.aml_request` if that package is not installed."""

try:
    from flask import Request
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "No module named 'flask': scripts that use rawhttp, AMLRequest or AMLResponse need it. "
        "Add flask (or azureml-inference-server-http) to the environment of the script.",
        name=error.name,
    ) from None

_rawHttpRequested = False


def rawhttp(func):
    """Marks the script: its `run()` gets the HTTP request itself."""
    global _rawHttpRequested
    _rawHttpRequested = True
    return func


class AMLRequest(Request):
    """The type that scripts name in their annotations."""
