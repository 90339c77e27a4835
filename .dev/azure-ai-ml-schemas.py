"""Writes what azure-ai-ml reads from the YAML files of online endpoints, deployments, models and environments.

Run by hand, with the package of .dev/azure-ai-ml.txt installed:

    python .dev/azure-ai-ml-schemas.py > src/azureml/yaml/schemas.json && npx biome check --write src/azureml/yaml

The package declares its files as marshmallow schemas. Each schema becomes data: its members with type, texts of errors,
allowed values and nested schemas. Code inside a schema (hooks and validators) is named, and implemented by hand in
src/azureml/yaml/rules.ts; this program fails on a name that is not known there, so that a new release of the package
does not bring a rule that nobody has read.
"""
import json
import sys
from importlib.metadata import version
from pathlib import Path

from marshmallow import ValidationError, fields, validate

from azure.ai.ml._schema._deployment.online.online_deployment import (
    KubernetesOnlineDeploymentSchema,
    ManagedOnlineDeploymentSchema,
)
from azure.ai.ml._schema._endpoint.online.online_endpoint import (
    KubernetesOnlineEndpointSchema,
    ManagedOnlineEndpointSchema,
)
from azure.ai.ml._schema.assets.environment import EnvironmentSchema
from azure.ai.ml._schema.assets.model import ModelSchema
from azure.ai.ml._schema.core import fields as azure_fields
from azure.ai.ml.constants._common import (
    BASE_PATH_CONTEXT_KEY,
    CREATE_ENVIRONMENT_ERROR_MESSAGE,
    YAMLRefDocLinks,
)

ROOTS = (
    ManagedOnlineEndpointSchema,
    KubernetesOnlineEndpointSchema,
    ManagedOnlineDeploymentSchema,
    KubernetesOnlineDeploymentSchema,
    ModelSchema,
    EnvironmentSchema,
)
# Hooks that only build the entity, or that say nothing of the file.
SILENT = {"make", "pass_source_path", "reset_base_path_post_load", "add_param_overrides"}
RULES = {
    "conversion",
    "load_from_file",
    "pre_load",
    "trim_dump_only",
    "validate_sampling_rate",
    "validate_traffic",
    "validate_user_assigned_identities",
    "warn_if_named",
}
KINDS = (
    (azure_fields.NestedField, "nested"),
    (azure_fields.UnionField, "union"),
    (azure_fields.StringTransformedEnum, "enum"),
    (azure_fields.ArmVersionedStr, "versionedReference"),
    (azure_fields.ArmStr, "reference"),
    (azure_fields.RegistryStr, "registryReference"),
    (azure_fields.VersionField, "version"),
    (azure_fields.LocalPathField, "localPath"),
    (fields.Url, "url"),
    (fields.String, "string"),
    (fields.Integer, "integer"),
    (fields.Float, "float"),
    (fields.Boolean, "boolean"),
    (fields.Dict, "mapping"),
    (fields.List, "list"),
    (fields.DateTime, "dateTime"),
    (fields.Raw, "raw"),
)
# What every field and schema says; the same for all, or this program fails.
COMMON = {
    "null": "Field may not be null.",
    "required": "Missing data for required field.",
}
SCHEMA = {"type": "Invalid input type.", "unknown": "Unknown field."}
UNUSED = {"validator_failed", "invalid_utf8", "invalid_awareness"}

schemas = {}
texts = {}


def kind_of(field):
    for cls, kind in KINDS:
        if isinstance(field, cls):
            return kind
    raise SystemExit("unknown kind of field: %r" % field)


def describe_field(field):
    if isinstance(field, azure_fields.ExperimentalField):
        inner = describe_field(field.experimental_field)
        return {**inner, **flags_of(field), "experimental": True}
    kind = kind_of(field)
    check_texts(kind, field)
    described = {"kind": kind, **flags_of(field), **details_of(kind, field)}
    for validator in field.validators:
        if isinstance(validator, validate.Regexp):
            described["pattern"] = {"regex": validator.regex.pattern, "text": validator.error}
        elif not isinstance(validator, validate.URL):
            raise SystemExit("unknown validator %r of %r" % (validator, field))
    return described


def check_texts(kind, field):
    messages = field.error_messages
    if {name: messages[name] for name in COMMON} != COMMON:
        raise SystemExit("a field says of its own that it is missing: %r" % field)
    own = {name: text for name, text in sorted(messages.items()) if name not in COMMON and name not in UNUSED}
    if texts.setdefault(kind, own) != own:
        raise SystemExit("a field of kind %s has texts of its own: %r" % (kind, field))


def refusal_of(field):
    """What the field says of a text that is no reference."""
    try:
        field.deserialize("x", "member", {})
    except ValidationError as error:
        (text,) = error.messages
        return text
    raise SystemExit("a reference takes any text: %r" % field)


def flags_of(field):
    flags = {"required": field.required, "nullable": field.allow_none, "readOnly": field.dump_only}
    return {name: True for name, is_set in flags.items() if is_set}


def details_of(kind, field):
    if kind == "nested":
        return {"schema": describe_schema(type(field.schema))}
    if kind == "union":
        return {"of": [describe_field(one) for one in field.union_fields]}
    if kind == "enum":
        return {"values": field.allowed_values, "casing": casing_of(field.casing_transform)}
    if kind in ("reference", "versionedReference", "registryReference"):
        details = {"asset": field.azureml_type, "text": refusal_of(field)}
        if kind == "versionedReference" and field.allow_default_version:
            details["versionOptional"] = True
        return details
    if kind == "localPath":
        return {"allowed": field.allowed_path_type}
    if kind == "mapping":
        parts = {"keys": field.key_field, "values": field.value_field}
        return {name: describe_field(part) for name, part in parts.items() if part is not None}
    if kind == "list":
        return {"items": describe_field(field.inner)}
    return {}


def casing_of(transform):
    samples = [transform(text) for text in ("AMLToken", "SystemAssigned", "Managed")]
    known = {
        ("aml_token", "system_assigned", "managed"): "snake",
        ("amltoken", "systemassigned", "managed"): "lower",
    }
    return known[tuple(samples)]


def validated_by(method):
    """The member that a method with marshmallow's decorator `validates` looks at."""
    (arguments,) = [kwargs for _, kwargs in method.__marshmallow_hook__["validates"]]
    return arguments.get("field_name") or arguments["field_names"][0]


def describe_schema(cls):
    name = cls.__name__
    if name in schemas:
        return name
    schemas[name] = {}
    schema = cls(context={BASE_PATH_CONTEXT_KEY: Path(".")})
    if schema.unknown != "raise":
        raise SystemExit("%s does not refuse unknown members" % name)
    described = {"members": {}}
    for hook in ("pre_load", "post_load", "validates_schema", "validates"):
        names = [entry[0] if isinstance(entry, tuple) else entry for entry in schema._hooks.get(hook, ())]
        told = [one for one in names if one not in SILENT]
        unknown = set(told) - RULES
        if unknown:
            raise SystemExit("%s has rules that nobody has read: %s" % (name, sorted(unknown)))
        if hook == "validates":
            of = {validated_by(getattr(cls, one)): one for one in told}
            if of:
                described["rules"] = of
        elif told:
            described["before" if hook == "pre_load" else hook] = told
    if {one: schema.error_messages[one] for one in SCHEMA} != SCHEMA:
        raise SystemExit("%s has texts of its own" % name)
    for attribute, field in schema.fields.items():
        described["members"][field.data_key or attribute] = describe_field(field)
    schemas[name] = described
    return name


for root in ROOTS:
    describe_schema(root)
json.dump(
    {
        "package": "azure-ai-ml %s" % version("azure-ai-ml"),
        "texts": {**COMMON, **SCHEMA},
        "textsOf": {kind: own for kind, own in sorted(texts.items()) if own},
        "booleans": {
            "true": sorted(one for one in fields.Boolean.truthy if isinstance(one, str)),
            "false": sorted(one for one in fields.Boolean.falsy if isinstance(one, str)),
        },
        "condaInsteadOfEnvironment": CREATE_ENVIRONMENT_ERROR_MESSAGE.format(YAMLRefDocLinks.ENVIRONMENT),
        "schemas": dict(sorted(schemas.items())),
    },
    sys.stdout,
    indent=2,
)
