"""Replaces `azureml_inference_server_http.api.aml_response` if that package is not installed."""

import json

try:
    from flask import Response
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "No module named 'flask': scripts that use rawhttp, AMLRequest or AMLResponse need it. "
        "Add flask (or azureml-inference-server-http) to the environment of the script.",
        name=error.name,
    ) from None


class AMLResponse(Response):
    """An HTTP answer: text or bytes as they are, or anything as JSON; `None` is the empty JSON object."""

    def __init__(self, message, status_code, response_headers={}, json_str=False, run_function_failed=False):
        if message is None or json_str:
            content = json.dumps({} if message is None else message)
            super().__init__(content, status=status_code, mimetype="application/json")
        else:
            super().__init__(message, status=status_code)
            if "Content-Type" in response_headers:
                del self.headers["Content-Type"]
        self.headers["x-ms-run-function-failed"] = run_function_failed
        for name, values in response_headers.items():
            # A comma separates the values of a header that is to be sent several times.
            for value in values.split(","):
                self.headers.add(name, value.strip())
