"""Stands in for the package azureml-monitoring (v1): collects rows as CSV."""

from .modeldatacollector import ModelDataCollector  # noqa: F401
