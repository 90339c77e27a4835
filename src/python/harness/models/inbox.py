"""Everything that arrives while a model works: batches, responses to its own requests, cancellations.

It has no thread, since passing each frame between threads would cost more than most models take. Whoever waits for
something reads, and puts what is for others where they look.
"""

import threading
from collections import deque

from _triton_local import channel
from _triton_local.models import wire


class ParentGone(Exception):
    """The parent has closed the pipe."""


class Inbox:
    def __init__(self, stream):
        self._stream = stream
        self._condition = threading.Condition()
        self._reading = False
        self._closed = False
        self._batches = deque()
        self._answers = {}
        self._cancelled = set()
        self._last_call = 0
        self._ending = False

    def next_batch(self):
        """Returns the next EXECUTE frame; None to unload the model."""
        with self._condition:
            try:
                self._wait(lambda: self._batches or self._ending)
            except ParentGone:
                return None
            return self._batches.popleft() if self._batches else None

    def open_call(self):
        """@return the number of a new call, whose answers are kept from now on"""
        with self._condition:
            self._last_call += 1
            self._answers[self._last_call] = deque()
            return self._last_call

    def next_answer(self, call):
        """@raise ParentGone"""
        with self._condition:
            answers = self._answers[call]
            self._wait(lambda: answers)
            return answers.popleft()

    def close_call(self, call):
        with self._condition:
            self._answers.pop(call, None)

    def is_cancelled(self, number):
        """Whether a request was cancelled, according to what has arrived by now."""
        with self._condition:
            while not self._reading and not self._closed and self._stream.has_input():
                self._read()
            return number in self._cancelled

    def forget(self, number):
        self._cancelled.discard(number)

    def _wait(self, is_there):
        """Returns once `is_there`; reads meanwhile unless somebody else does. The caller holds the condition's lock."""
        while not is_there():
            if self._closed:
                raise ParentGone("triton-local has ended")
            if self._reading:
                self._condition.wait()
            else:
                self._read()

    def _read(self):
        self._reading = True
        self._condition.release()
        try:
            frame = self._stream.read_frame()
        finally:
            self._condition.acquire()
            self._reading = False
        self._sort(frame)
        self._condition.notify_all()

    def _sort(self, frame):
        if frame is None:
            self._closed = True
            return
        kind = frame[4]
        if kind == wire.EXECUTE:
            self._batches.append(frame)
        elif kind == wire.ANSWER:
            head, at = wire.read_head(frame)
            if head[0] in self._answers:
                self._answers[head[0]].append((head, frame, at))
        else:
            message = channel.read_control(frame)
            if message["type"] == "cancel":
                self._cancelled.add(message["request"])
            elif message["type"] == "result" and message["call"] in self._answers:
                self._answers[message["call"]].append(message)
            elif message["type"] == "finalize":
                self._ending = True
