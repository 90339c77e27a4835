"""Reports what a script needs in addition to Python itself: prints `standard library`, or the first name outside of it.

A program of its own: `python imports.py SCRIPT SOURCE_DIRECTORY`. It parses and never runs the user's code.
"""

import ast
import os
import sys

#: Names that can import a module without a parser noticing.
_COMPUTED = ("__import__", "import_module", "exec", "eval", "run_path", "run_module")


def foreign_import(script, root):
    """The first import of `script`, or of a module in its folders, that is not part of Python; None if all are."""
    seen, waiting = set(), [script]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        with open(path, "rb") as file:
            tree = ast.parse(file.read(), path)
        for name in _imported(tree):
            own = _own_files(name, root)
            if own:
                waiting.extend(own)
            elif name.split(".")[0] not in _STANDARD:
                return name
    return None


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            # A relative import fails with the same error in any Python.
            if node.level == 0 and node.module:
                yield node.module
                for alias in node.names:
                    if node.module.split(".")[0] not in _STANDARD:
                        yield "%s.%s" % (node.module, alias.name)
        elif isinstance(node, ast.Name) and node.id in _COMPUTED:
            yield node.id + "()"
        elif isinstance(node, ast.Attribute) and node.attr in ("import_module", "run_path", "run_module"):
            yield node.attr + "()"


def _own_files(name, root):
    """The user's files that an import of `name` executes."""
    found, folder = [], root
    for part in name.split("."):
        folder = os.path.join(folder, part)
        found += [path for path in (folder + ".py", os.path.join(folder, "__init__.py")) if os.path.isfile(path)]
        if not found and not os.path.isdir(folder):
            return []
    return found


def _standard_library():
    names = getattr(sys, "stdlib_module_names", None)
    if names is not None:
        return set(names)
    # Before Python 3.10: what is in the library's own folder.
    library = os.path.dirname(os.__file__)
    found = set(sys.builtin_module_names)
    for folder in (library, os.path.join(library, "lib-dynload")):
        if os.path.isdir(folder):
            found.update(entry.split(".")[0] for entry in os.listdir(folder))
    return found - {"site-packages"}


_STANDARD = _standard_library()

if __name__ == "__main__":
    try:
        print(foreign_import(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])) or "standard library")
    except (OSError, SyntaxError, ValueError) as error:
        print(error)
