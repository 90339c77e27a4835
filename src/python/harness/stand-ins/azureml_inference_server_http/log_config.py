"""Stands in for the module of that name, whose classes a `logging.json` may name."""

import logging
import time


class RootAccessFilter(logging.Filter):
    def filter(self, record):
        return "GET / HTTP/1.1" not in record.getMessage()


class AMLLogFormatter(logging.Formatter):
    converter = time.gmtime

    def __init__(self, fmt="%(asctime)s %(levelname).1s [%(process)d] %(name)s - %(message)s", datefmt=None, style="%"):
        super().__init__(fmt=fmt, datefmt=datefmt, style=style)
