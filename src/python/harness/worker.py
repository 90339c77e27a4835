"""One worker process: takes frames from its parent on stdin, runs the entry script, answers on stdout.

Started as a program with no arguments; everything it needs to know comes in frames (see channel.py). Importing
this file instead (as multiprocessing does, to find `__main__`) only defines names.
"""

import sys

if sys.version_info < (3, 8):
    sys.stderr.write("Python 3.8 or newer is needed, this is %s\n" % sys.version.split()[0])
    sys.exit(78)


def main():
    from program import connect, preload

    wire = connect("session")
    from _triton_local import channel, forks, session

    preloaded = False
    serve = None
    while True:
        frame = wire.read_frame()
        if frame is None:
            return
        if serve is not None:
            if frame[4] == channel.REQUEST:
                serve(frame)
                continue
            message = channel.read_control(frame)
            if message["type"] == "fork":  # the other kind cancels a reply that is already complete
                forks.fork(wire, message["socket"])
            continue
        message = channel.read_control(frame)
        if message["type"] == "preload":
            preload(message["modules"])
            preloaded = True
            wire.send_control({"type": "preloaded"})
        elif message["type"] == "start":
            serve = session.start(wire, message, preloaded)
            if serve is None:
                wire.close()
                sys.exit(3)


if __name__ == "__main__":
    main()
