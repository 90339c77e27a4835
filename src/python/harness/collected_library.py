"""Replaces the native library of azureml.monitoring, which needs an OpenSSL that no current system has.

The names are the library's: the real package calls them, and sets ctypes attributes on them.
"""

import os
import time

from _triton_local import collected

_places = []
_headers = {}


def IsDataCollectionEnabled():
    return os.environ.get("AML_MODEL_DC_STORAGE_ENABLED", "").lower() == "true"


def Init(*arguments):
    return InitW(*arguments)


def InitW(workspace, _1, service, _2, model, version, _3, _4, _5, _6, designation, _path, filename):
    return _open(workspace, service, model, version, designation, filename)


def HandleForCorrelation(*arguments):
    return HandleForCorrelationW(*arguments)


def HandleForCorrelationW(workspace, service, model, version, designation, _path, filename, moment, _boundary):
    day = (moment.tm_year + 1900, moment.tm_mon + 1, moment.tm_mday, 0, 0, 0, 0, 0, 0)
    return _open(workspace, service, model, version, designation, filename, time.struct_time(day))


def WriteHeader(handle, data, _size):
    _headers[handle] = data.decode("utf-8")


def WriteBinary(handle, data, _size):
    WriteBinaryBasic(handle, data, _size)
    return handle


def WriteBinaryBasic(handle, data, _size):
    place, day = _places[handle]
    collected.append_csv(place, _headers.get(handle), data.decode("utf-8"), day)


def Shutdown(_handle):
    return 0


def ShutdownAll():
    pass


def GetEventFlushIntervalTime(_handle):
    return 0


def GetEventMaxQueueSize(_handle):
    return 0


def GetEventRetryTime(_handle):
    return 0


def _open(workspace, service, model, version, designation, filename, day=None):
    place = ((workspace, service, model, version, designation, filename[: -len(".csv")]), day)
    if place not in _places:
        _places.append(place)
    return _places.index(place)
