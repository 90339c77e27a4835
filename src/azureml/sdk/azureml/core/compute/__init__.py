"""Compute targets: only names for deployments; everything runs on this machine."""

from azureml._missing import missing_from
from azureml.core.compute.aks import AksCompute
from azureml.core.compute.compute import ComputeTarget

__all__ = ["AksCompute", "ComputeTarget"]

__getattr__ = missing_from(__name__, "services run on this machine: name an AksCompute")
