"""Web services: each is a separate emulator on this machine."""

from azureml._missing import missing_from
from azureml.core.webservice.aci import AciWebservice
from azureml.core.webservice.aks import AksWebservice
from azureml.core.webservice.local import LocalWebservice
from azureml.core.webservice.webservice import Webservice

__all__ = ["AciWebservice", "AksWebservice", "LocalWebservice", "Webservice"]

__getattr__ = missing_from(__name__)
