"""A reply whose body is produced and sent piece by piece (a streaming `flask.Response`)."""

from _triton_local import channel, streams


def send(wire, send_head, parts, log_error):
    """Sends `parts` until there are no more, or until the parent has cancelled the reply.

    As in gunicorn, the head is sent with the first piece: an earlier error is raised and can still be answered. A
    later one is logged and ends the body.
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
        except BaseException as error:  # SystemExit too: the answer has begun and can only be broken off
            log_error(error)
    finally:
        close = getattr(parts, "close", None)
        if close:
            close()
    streams.finish_lines()
    wire.send_chunk(b"", follows)
