"""Spark data frames need Java beside Python; whoever has that can have the real package, too."""

raise ModuleNotFoundError(
    "No module named 'inference_schema': SparkParameterType needs the real package. "
    "Add inference-schema to the environment of the script.",
    name="inference_schema",
)
