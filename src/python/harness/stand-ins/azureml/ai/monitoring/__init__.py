"""Stands in for the package azureml-ai-monitoring (v2): collects data frames as JSON lines."""

from .collector import Collector

__all__ = ["Collector"]
