"""`localhost:8000` of a script is the service's own engine, also where another process holds that port.

Connections to the loopback host's port 8000 go to the engine, in Python's `socket` and in gevent's (which
`tritonclient.http` uses). Programs that connect in C (gRPC) are not reached.
"""

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
                address = _address_for(self, host, port)
        return connect(self, address, *rest)

    redirected.__name__ = connect.__name__
    redirected.__doc__ = connect.__doc__
    return redirected


def _address_for(sock, host, port):
    import socket

    six = sock.family == socket.AF_INET6
    if six and ":" not in host:
        # The script resolved localhost to ::1, the engine listens on IPv4: one socket can do both.
        try:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        except OSError:
            pass
        numeric = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
        return ("::ffff:" + numeric, port, 0, 0)
    return (host, port)
