"""One instance of a Python model: takes batches of requests from its parent on stdin, answers on stdout.

Started as a program with no arguments; everything it needs to know comes in frames (see channel.py and models/wire.py).
"""

import sys

if sys.version_info < (3, 8):
    sys.stderr.write("Python 3.8 or newer is needed, this is %s\n" % sys.version.split()[0])
    sys.exit(78)


def main():
    from program import connect, preload

    wire = connect("sources")
    from _triton_local import channel

    frame = wire.read_frame()
    while frame is not None:
        message = channel.read_control(frame)
        if message["type"] == "preload":
            preload(message["modules"])
            wire.send_control({"type": "preloaded"})
        else:
            from _triton_local.models import instance

            instance.serve(wire, message)
            return
        frame = wire.read_frame()


if __name__ == "__main__":
    main()
