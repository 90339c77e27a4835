"""A reply whose body is made piece by piece, sent as it is made (a streaming `flask.Response`)."""

from _triton_local import channel, streams


def send(wire, send_head, parts, log_error):
    """Sends `parts` until there are no more, or until the parent has cancelled the reply.

    As with gunicorn, the head goes out with the first piece: an error before that is raised, and can still be
    answered. A later one is logged and cuts the body off.
    """
    try:
        iterator = iter(parts)
        part = next(iterator, None)
        send_head()
        follows = channel.CUT_OFF
        try:
            while part is not None and not wire.is_cancelled():
                if not isinstance(part, bytes):
                    raise TypeError("%r is not a byte string" % (part,))
                if part:
                    wire.send_chunk(part)
                part = next(iterator, None)
            if part is None:
                follows = channel.END
        except BaseException as error:  # SystemExit too: the answer has begun, so it can only end
            log_error(error)
    finally:
        close = getattr(parts, "close", None)
        if close:
            close()
    streams.finish_lines()
    wire.send_chunk(b"", follows)
