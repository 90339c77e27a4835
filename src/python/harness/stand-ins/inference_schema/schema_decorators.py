"""`@input_schema` and `@output_schema`."""

import functools

from . import schema_util
from .parameter_types.abstract_parameter_type import AbstractParameterType


def input_schema(param_name, param_type, convert_to_provided_type=True, optional=False):
    """Declares the parameter `param_name` by a sample; `run()` then gets JSON converted to the sample's type."""
    _check(param_type)

    def decorate(run):
        schema = {param_name: param_type.input_to_swagger()}
        schema_util.declare(run, schema_util.INPUT, schema, param_type.supported_versions())

        @functools.wraps(run)
        def converted(*args, **kwargs):
            if convert_to_provided_type:
                args, kwargs = _convert(run, param_name, param_type, optional, list(args), kwargs)
            return run(*args, **kwargs)

        return converted

    return decorate


def output_schema(output_type):
    """Declares what `run()` returns; nothing is converted."""
    _check(output_type)

    def decorate(run):
        schema = output_type.input_to_swagger()
        schema_util.declare(run, schema_util.OUTPUT, schema, output_type.supported_versions())

        @functools.wraps(run)
        def unchanged(*args, **kwargs):
            return run(*args, **kwargs)

        return unchanged

    return decorate


def _check(param_type):
    if not isinstance(param_type, AbstractParameterType):
        raise Exception("Error, provided param_type must be a subclass of the AbstractParameterType.")


def _convert(run, name, param_type, optional, args, kwargs):
    if name in kwargs:
        if kwargs[name] or not optional:
            kwargs[name] = _deserialize(kwargs[name], param_type)
    elif not optional:
        names = schema_util.argument_names(schema_util.base_function(run))
        if name not in names:
            raise Exception('Error, provided param_name "%s" is not in the decorated function.' % name)
        args[names.index(name)] = _deserialize(args[names.index(name)], param_type)
    return args, kwargs


def _deserialize(value, param_type):
    """Converts a value, including members of dicts and lists that declare their own parameter type."""
    kind = param_type.sample_data_type
    if kind is dict:
        _expect(value, (dict,), kind)
        for key, inner in param_type.sample_data_type_map.items():
            if key in value:
                value[key] = _deserialize(value[key], inner)
        return value
    if kind in (list, tuple):
        _expect(value, (list, tuple), kind)
        inner = param_type.sample_data_type_list
        # Swagger 2 knows no mixed arrays: the first type counts for all.
        return [_deserialize(one, inner[0]) for one in value] if inner else value
    return value if isinstance(value, kind) else param_type.deserialize_input(value)


def _expect(value, kinds, wanted):
    if not isinstance(value, kinds):
        raise ValueError(
            "Invalid input data type to parse. Expected: {0} but got {1}".format(wanted, type(value))
        )
