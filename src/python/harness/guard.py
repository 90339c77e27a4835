"""Runs a program and ends it, with everything that it started, when our stdin closes, even if the parent was killed.

Usage: python guard.py PROGRAM [ARGUMENT...]. The exit status is the program's.
"""

import os
import signal
import subprocess
import sys
import threading


def main():
    posix = os.name != "nt"
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=posix)

    def end():
        if posix:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        else:
            subprocess.call(["taskkill", "/F", "/T", "/PID", str(process.pid)])

    def watch():
        while os.read(0, 4096):
            pass
        end()

    # Ctrl+C reaches us through the terminal; the parent decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: end())
    threading.Thread(target=watch, daemon=True).start()
    status = process.wait()
    sys.stdout.flush()
    os._exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
