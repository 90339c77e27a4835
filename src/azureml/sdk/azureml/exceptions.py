"""The exceptions of azureml-core that deployments raise, with its text form."""

import json

from azureml._missing import missing_from


class AzureMLException(Exception):
    """Prints as azureml-core's do: message, inner exception and the error as JSON."""

    _error_code = None

    def __init__(self, exception_message, inner_exception=None, target=None, details=None, message_format=None,
                 message_parameters=None, reference_code=None, **kwargs):
        super().__init__(exception_message)
        self._exception_message = exception_message
        self._inner_exception = inner_exception

    @property
    def message(self):
        return self._exception_message

    @message.setter
    def message(self, value):
        self._exception_message = value

    @property
    def inner_exception(self):
        return self._inner_exception

    @inner_exception.setter
    def inner_exception(self, value):
        self._inner_exception = value

    def __str__(self):
        error = {"code": self._error_code, "message": self._exception_message}
        body = json.dumps({"error": {key: value for key, value in error.items() if value}}, indent=4)
        return "%s:\n\tMessage: %s\n\tInnerException %s\n\tErrorResponse \n%s" % (
            type(self).__name__, self._exception_message, self._inner_exception, body
        )

    __repr__ = __str__


class UserErrorException(AzureMLException):
    _error_code = "UserError"

    def __init__(self, exception_message, **kwargs):
        super().__init__(exception_message, **kwargs)


class AuthenticationException(UserErrorException):
    _error_code = "Authentication"


class WebserviceException(AzureMLException):
    def __init__(self, exception_message, status_code=None, logger=None, **kwargs):
        super().__init__(exception_message, **kwargs)
        self.status_code = status_code


class ModelNotFoundException(AzureMLException):
    def __init__(self, exception_message, logger=None, **kwargs):
        super().__init__(exception_message, **kwargs)


class ModelPathNotFoundException(AzureMLException):
    def __init__(self, exception_message, logger=None, **kwargs):
        super().__init__(exception_message, **kwargs)


class WorkspaceException(AzureMLException):
    def __init__(self, exception_message, found_multiple=False, **kwargs):
        super().__init__(exception_message, **kwargs)
        self.found_multiple = found_multiple


class WorkspacePrivateEndpointException(WorkspaceException):
    pass


class ComputeTargetException(AzureMLException):
    def __init__(self, exception_message, **kwargs):
        super().__init__(exception_message, **kwargs)


class ProjectSystemException(AzureMLException):
    def __init__(self, exception_message, **kwargs):
        super().__init__(exception_message, **kwargs)


class RunConfigurationException(AzureMLException):
    def __init__(self, exception_message, **kwargs):
        super().__init__(exception_message, **kwargs)


class RunEnvironmentException(AzureMLException):
    def __init__(self, **kwargs):
        super().__init__("Could not load a submitted run, if outside of an execution context, use experiment.start_logging "
                         "to initialize an azureml.core.Run.", **kwargs)


# What training and data raise: nothing here does, but scripts name these in their `except`.


class ActivityFailedException(AzureMLException):
    pass


class AzureMLAggregatedException(AzureMLException):
    pass


class DatasetTimestampMissingError(AzureMLException):
    pass


class DiscoveryUrlNotFoundException(AzureMLException):
    pass


class ExperimentExecutionException(AzureMLException):
    pass


class ParallelRunException(AzureMLException):
    pass


class ServiceException(AzureMLException):
    pass


class SnapshotException(AzureMLException):
    pass


class TrainingException(AzureMLException):
    pass


__getattr__ = missing_from("azureml.exceptions")
