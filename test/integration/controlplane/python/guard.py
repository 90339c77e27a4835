"""Forbids this process to look up or connect to anything but loopback, and writes down each attempt.

Imported first. An attempt raises an OSError, which the SDK may swallow; the test reads the file instead.
"""

import os
import sys

LOOPBACK = {None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0"}
HOST_OF = {
    "socket.getaddrinfo": lambda args: args[0],
    "socket.gethostbyname": lambda args: args[0],
    "socket.connect": lambda args: args[1],
    "socket.sendto": lambda args: args[1],
}


def forbid(event, args):
    find = HOST_OF.get(event)
    if find is None:
        return
    host = find(args)
    if isinstance(host, tuple):
        host = host[0]
    elif event in ("socket.connect", "socket.sendto"):
        return  # a Unix socket
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in LOOPBACK:
        return
    with open(os.environ["TEST_ATTEMPTS"], "a") as attempts:
        attempts.write("%s %s\n" % (event, host))
    raise OSError("the test forbids to reach %s" % host)


sys.addaudithook(forbid)
