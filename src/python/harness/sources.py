"""Which modules are the user's own, and how they are read: always from source, never from a `.pyc`.

Python trusts a cached `.pyc` if the source's size and its change time in whole seconds match, so that of two saves
within a second the first would be served. Installed libraries keep their cached bytecode: every start would compile
them.
"""

import os
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)

from _triton_local.shims import SDK

_STDLIB = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
_STDLIB_AS_NAMED = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_HARNESS = os.path.dirname(os.path.abspath(__file__)) + os.sep
#: The folders of our own modules: the harness with its stand-ins, and the SDK (see shims.py).
_OURS = (_HARNESS, os.path.abspath(SDK) + os.sep)


def is_installed(path):
    """Whether a file or folder belongs to Python or to an installed package, wherever the environment is."""
    path = os.path.abspath(path)
    inside = path + os.sep
    return (
        (os.sep + "site-packages" + os.sep) in inside
        or (os.sep + "dist-packages" + os.sep) in inside
        or inside.startswith(_STDLIB)
        or inside.startswith(_STDLIB_AS_NAMED)
    )


def is_harness(path):
    return os.path.abspath(path).startswith(_OURS)


def is_users(path, directory):
    """Whether a file is the user's own and in `directory`."""
    if not os.path.isabs(path) or is_installed(path) or is_harness(path):
        return False
    return any(
        os.path.normcase(candidate).startswith(os.path.normcase(os.path.join(root, "")))
        for candidate in (path, os.path.realpath(path))
        for root in (os.path.abspath(directory), os.path.realpath(directory))
    )


class FreshLoader(SourceFileLoader):
    """Reads only source files. For a restarted worker, the sources are given."""

    given = {}
    read = {}

    def path_stats(self, path):
        raise OSError("no cached bytecode for the user's own modules")

    def set_data(self, path, data, *, _mode=0o666):
        pass

    def get_data(self, path):
        data = FreshLoader.given.get(path)
        if data is None:
            data = super().get_data(path)
        FreshLoader.read[path] = data
        return data


def install():
    """From now on, modules outside the installed libraries are read from source."""
    sys.path_hooks.insert(0, _find_in)
    sys.path_importer_cache.clear()
    # Nor do processes that the script starts write `__pycache__` next to the user's files.
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")


def _find_in(path):
    path = path or os.getcwd()
    if not os.path.isdir(path) or is_installed(path) or is_harness(path):
        raise ImportError("not the user's own folder", path=path)
    return FileFinder(
        path,
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (FreshLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
