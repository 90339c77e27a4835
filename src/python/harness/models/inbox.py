"""Everything that comes in while a model works: batches, responses to its own requests, cancellations.

There is no thread for it, since handing each frame from one to another would cost more than most models take. Whoever
waits for something reads; what is for others is put where they look.
"""

import threading
from collections import deque

from _triton_local import channel
from _triton_local.models import wire


class ParentGone(Exception):
    """Nobody is left to work for."""


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
        """The next EXECUTE frame; None when the model is to be unloaded."""
        with self._condition:
            try:
                self._wait(lambda: self._batches or self._ending)
            except ParentGone:
                return None
            return self._batches.popleft() if self._batches else None

    def open_call(self):
        """@return the number of a new call, for which answers are kept from here on"""
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
        """Whether a request was cancelled, by all that has come in until now."""
        with self._condition:
            while not self._reading and not self._closed and self._stream.has_input():
                self._read()
            return number in self._cancelled

    def forget(self, number):
        self._cancelled.discard(number)

    def _wait(self, is_there):
        """Returns once `is_there`; reads meanwhile where nobody else does. The condition's lock is held."""
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
