"""Runs actions right after a module is imported, wherever and whenever that happens."""

import sys

_waiting = {}


class _Finder:
    """The first finder: it finds nothing itself, and wraps the loaders of the modules that have actions."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _waiting:
            return None
        for finder in sys.meta_path:
            if finder is _Finder:
                continue
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                if spec.loader is not None:
                    _watch(spec.loader, name)
                return spec
        return None

    @staticmethod
    def invalidate_caches():
        pass


def install():
    sys.meta_path.insert(0, _Finder)


def after_import(name, action):
    """Calls `action(module)` now if the module is loaded, otherwise when its import has finished."""
    module = sys.modules.get(name)
    if module is not None:
        action(module)
    else:
        _waiting.setdefault(name, []).append(action)


def _watch(loader, name):
    original = loader.exec_module

    def exec_module(module):
        original(module)
        for action in _waiting.pop(name, ()):
            action(module)

    try:
        loader.exec_module = exec_module
    except AttributeError:  # built-in loaders are shared classes; none of these modules has one
        pass
