"""How errors are reported: as today's server does, in JSON without the exception, or as that of 2020 and 2021 did, in a
text with all of it (docs/reference/azureml.md#the-server-of-2020-and-2021)."""

import json

from _triton_local import script

SCRIPT_FAILED = "An unexpected error occurred in scoring script. Check the logs for more info."
INTERNAL = "An unexpected internal error occurred. Check the logs for more info."

#: Headers of a reply in the frame's encoding; empty for application/json alone.
JSON = b""
HTML = b'[["Content-Type", "text/html; charset=utf-8"]]'


class Current:
    answers_options = True

    def reply(self, status, message, flags):
        return flags, status, JSON, json.dumps({"message": message}).encode("ascii")

    def rejected(self, rejection, flags):
        return self.reply(rejection.status, rejection.message, flags)

    def script_failed(self, _error, flags):
        return self.reply(500, SCRIPT_FAILED, flags)

    def internal(self, _error, flags):
        return self.reply(500, INTERNAL, flags)


class Of2021(Current):
    #: CORS, and with it the answer to OPTIONS, was added later.
    answers_options = False

    def reply(self, status, message, flags):
        return flags, status, HTML, message.encode("utf-8", "backslashreplace")

    def rejected(self, rejection, flags):
        return self.reply(500, rejection.message, flags)

    def script_failed(self, error, flags):
        return self.reply(500, str(error), flags)

    def internal(self, error, flags):
        formatted = script.format_error(error)
        return self.reply(500, "An unexpected internal error occurred. Encountered Exception: " + formatted, flags)
