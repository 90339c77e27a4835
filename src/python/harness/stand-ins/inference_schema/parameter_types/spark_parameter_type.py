"""Spark data frames need Java as well as Python; where Java is installed, so can the real package be."""

raise ModuleNotFoundError(
    "No module named 'inference_schema': SparkParameterType needs the real package. "
    "Add inference-schema to the environment of the script.",
    name="inference_schema",
)
