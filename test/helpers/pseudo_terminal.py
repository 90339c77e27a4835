"""Runs a program in a pseudo-terminal: python pseudo_terminal.py COLUMNS ROWS PROGRAM [ARGUMENT ...]

stdin takes one JSON object a line: {"input": TEXT}, {"resize": [COLUMNS, ROWS]}, {"close": true} (hangs up).
stdout gives what the program writes to its terminal, byte for byte; file descriptor 3 gives JSON lines with the
program's process id at first and its exit code or signal at last. Standard library only.
"""
import errno
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios


def main():
    columns, rows, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.close(3)
        resize(0, columns, rows)
        try:
            os.execvp(program[0], program)
        except OSError as error:
            os.write(2, str(error).encode())
            os._exit(127)
    report({"pid": pid})
    relay(terminal, pid)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        report({"code": None, "signal": signal.Signals(os.WTERMSIG(status)).name})
    else:
        report({"code": os.WEXITSTATUS(status), "signal": None})


def relay(terminal, pid):
    """Passes bytes both ways until the program's side, or our own, is closed."""
    pending = b""
    sources = [terminal, 0]
    while terminal in sources:
        readable = select.select(sources, [], [])[0]
        if terminal in readable:
            data = read_terminal(terminal)
            if not data:
                break
            write_all(1, data)
        if 0 in readable:
            data = os.read(0, 65536)
            if not data:
                sources.remove(0)
                os.kill(pid, signal.SIGKILL)
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                command = json.loads(line)
                if "input" in command:
                    write_all(terminal, command["input"].encode())
                if "resize" in command:
                    resize(terminal, *command["resize"])
                if "close" in command:
                    sources.remove(terminal)
    os.close(terminal)


def read_terminal(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError as error:
        if error.errno == errno.EIO:  # what Linux says when the last program has left the terminal
            return b""
        raise


def resize(descriptor, columns, rows):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]


def report(fact):
    write_all(3, json.dumps(fact).encode() + b"\n")


main()
