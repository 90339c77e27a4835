"""What is known of decorated functions, by `module.name` of the function underneath all decorators."""

import copy

ALL_SUPPORTED_VERSIONS = ["2.0", "3.0", "3.1"]
INPUT, OUTPUT = "input_schema", "output_schema"

_schemas = {}
_versions = {}


def get_input_schema(func):
    return _schema(func, INPUT)


def get_output_schema(func):
    return _schema(func, OUTPUT)


def get_schemas_dict():
    return copy.deepcopy(_schemas)


def is_schema_decorated(func):
    return key_of(func) in _schemas


def get_supported_versions(func):
    """The versions of swagger that can describe both input and output."""
    declared = [versions for versions in _versions.get(key_of(func), {}).values() if versions]
    common = set(ALL_SUPPORTED_VERSIONS).intersection(*declared)
    return sorted(common)


def declare(func, kind, schema, versions):
    """Notes the schema of one parameter (`schema` is then `{name: schema}`) or of the output."""
    base = base_function(func)
    key = key_of(base)
    known = _schemas.setdefault(key, {})
    _versions.setdefault(key, {})[kind] = versions
    if kind == OUTPUT:
        if OUTPUT in known:
            raise Exception("Error, output schema already defined for function: %s." % key)
        known[OUTPUT] = schema
        return
    names = argument_names(base)
    whole = known.setdefault(
        INPUT, {"type": "object", "properties": {n: {} for n in names}, "example": {n: "" for n in names}}
    )
    for name, described in schema.items():
        described = copy.deepcopy(described)
        whole["example"][name] = described.pop("example")
        whole["properties"][name] = described


def argument_names(func):
    code = func.__code__
    return list(code.co_varnames[: code.co_argcount])


def key_of(func):
    base = base_function(func)
    return "%s.%s" % (getattr(base, "__module__", "<unknown>"), getattr(base, "__name__", "<unknown>"))


def base_function(func):
    """The function that the user wrote, also below decorators that do not say what they wrap."""
    while True:
        inner = getattr(func, "__wrapped__", None) or _enclosed(func)
        if inner is None:
            return func
        func = inner


def _enclosed(func):
    for cell in reversed(getattr(func, "__closure__", None) or ()):
        if hasattr(cell.cell_contents, "__code__"):
            return cell.cell_contents
    return None


def _schema(func, kind):
    return _schemas.get(key_of(func), {}).get(kind, {"type": "object"})
