"""`pb_utils.Logger`: lines for the server's log."""

from enum import IntEnum

from _triton_local import channel


class LogLevel(IntEnum):
    INFO = 0
    WARNING = 1
    ERROR = 2
    VERBOSE = 3

    def __str__(self):
        return "LogLevel.%s" % self.name

    def __repr__(self):
        return "<%s: %d>" % (self, self.value)


_LEVELS = {
    LogLevel.INFO: channel.INFO,
    LogLevel.WARNING: channel.WARNING,
    LogLevel.ERROR: channel.ERROR,
    LogLevel.VERBOSE: channel.DEBUG,
}


def make_logger(stream):
    """The class `Logger`, whose functions need no instance."""

    class Logger:
        INFO, WARNING, ERROR, VERBOSE = LogLevel
        LogLevel = LogLevel

        @staticmethod
        def log(message, level=LogLevel.INFO):
            if not isinstance(message, str) or not isinstance(level, LogLevel):
                given = (message,) if level is LogLevel.INFO else (message, level)
                raise TypeError(
                    "log(): incompatible function arguments. The following argument types are supported:\n"
                    "    1. (message: str, level: c_python_backend_utils.Logger.LogLevel = %r) -> None\n\n"
                    "Invoked with: %s" % (LogLevel.INFO, ", ".join(map(repr, given)))
                )
            stream.send_log(_LEVELS[level], channel.SCRIPT, message)

        @staticmethod
        def log_info(message):
            Logger.log(message, LogLevel.INFO)

        @staticmethod
        def log_warn(message):
            Logger.log(message, LogLevel.WARNING)

        @staticmethod
        def log_error(message):
            Logger.log(message, LogLevel.ERROR)

        @staticmethod
        def log_verbose(message):
            Logger.log(message, LogLevel.VERBOSE)

    return Logger
