"""Redirects a script's `localhost:8000` to the service's own engine, even if another process uses that port.

Connections to the loopback host's port 8000 go to the engine, in Python's `socket` and in gevent's (which
`tritonclient.http` uses). Programs that connect in C (gRPC) are not reached.
"""

import os

from _triton_local import hooks

_PORT = 8000
_LOOPBACK = {"localhost", "127.0.0.1", "::1", "ip6-localhost", "localhost.localdomain"}


def install(host, port):
    def patch(module):
        _patch(module.socket, host, port)

    hooks.after_import("socket", patch)
    hooks.after_import("gevent._socketcommon", lambda module: _patch(module.SocketMixin, host, port))


def _patch(socket_class, host, port):
    for name in ("connect", "connect_ex"):
        setattr(socket_class, name, _redirected(getattr(socket_class, name), host, port))


def _redirected(connect, host, port):
    def redirected(self, address, *rest):
        if type(address) is tuple and len(address) >= 2 and address[1] == _PORT:
            if address[0] in _LOOPBACK:
                if _needs_other_family(self, host):
                    return _connect_over_ipv6(self, connect.__name__, host, port)
                address = _address_for(self, host, port)
        return connect(self, address, *rest)

    redirected.__name__ = connect.__name__
    redirected.__doc__ = connect.__doc__
    return redirected


def _address_for(sock, host, port):
    import socket

    six = sock.family == socket.AF_INET6
    if six and ":" not in host:
        # The script resolved localhost to ::1, and the engine listens on IPv4: this socket can connect to both.
        try:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        except OSError:
            pass
        numeric = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
        return ("::ffff:" + numeric, port, 0, 0)
    return (host, port)


def _needs_other_family(sock, host):
    import socket

    return sock.family == socket.AF_INET and ":" in host and os.name != "nt"


def _connect_over_ipv6(sock, name, host, port):
    """The script resolved localhost to IPv4, the engine listens only on IPv6: replaces the descriptor's socket."""
    import _socket  # the class below the patched one

    other = _socket.socket(_socket.AF_INET6, _socket.SOCK_STREAM)
    try:
        error = other.connect_ex((host, port))
        if error == 0:
            os.set_blocking(other.fileno(), os.get_blocking(sock.fileno()))
            os.dup2(other.fileno(), sock.fileno(), inheritable=False)
    finally:
        other.close()
    if name == "connect_ex":
        return error
    if error:
        raise OSError(error, os.strerror(error))
    return None
