"""What correlates the inputs of a request with its outputs."""

import time
import uuid


class CorrelationContext:
    @staticmethod
    def get_id():
        return ""

    def __str__(self):
        return self.get_id()

    __repr__ = __str__


class BasicCorrelationContext(CorrelationContext):
    def __init__(self, id=None, timestamp=None, headers=None):
        self.id = id or str(uuid.uuid4())
        self.timestamp = timestamp or int(time.time())
        self.headers = headers or {}

    def get_id(self):
        return self.id

    def get_timestamp(self):
        return self.timestamp

    def get_headers(self):
        return self.headers


def get_context():
    return BasicCorrelationContext()
