"""AksWebservice: a service with keys, as a cluster has it."""

from azureml.core.model import _time
from azureml.core.webservice.webservice import Webservice, WebserviceDeploymentConfiguration, _call


class AksServiceAccessToken:
    def __init__(self, access_token, token_type, refresh_after, expiry_on):
        self.access_token = access_token
        self.token_type = token_type
        self.refresh_after = refresh_after
        self.expiry_on = expiry_on

    def serialize(self):
        return {
            "accessToken": self.access_token,
            "tokenType": self.token_type,
            "refreshAfter": self.refresh_after,
            "expiryOn": self.expiry_on,
        }


class AksServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    _compute_type = "aks"
    _after_text = "\n"


class AksWebservice(Webservice):
    def _begin(self):
        self.state = "Transitioning"

    @staticmethod
    def deploy_configuration(autoscale_enabled=None, autoscale_min_replicas=None, autoscale_max_replicas=None,
                             autoscale_refresh_seconds=None, autoscale_target_utilization=None,
                             collect_model_data=None, auth_enabled=None, cpu_cores=None, memory_gb=None,
                             enable_app_insights=None, scoring_timeout_ms=None, replica_max_concurrent_requests=None,
                             max_request_wait_time=None, num_replicas=None, primary_key=None, secondary_key=None,
                             tags=None, properties=None, description=None, gpu_cores=None, period_seconds=None,
                             initial_delay_seconds=None, timeout_seconds=None, success_threshold=None,
                             failure_threshold=None, namespace=None, token_auth_enabled=None,
                             compute_target_name=None, cpu_cores_limit=None, memory_gb_limit=None,
                             blobfuse_enabled=None):
        config = AksServiceDeploymentConfiguration(_members(locals()), tags, properties, description)
        config.compute_target_name = compute_target_name
        return config

    def run(self, input_data):
        return self._post(input_data)

    def get_access_token(self):
        token = _call("service", "get-access-token", "-n", self.name)
        return AksServiceAccessToken(
            token["accessToken"], token["tokenType"], _time(token["refreshAfter"]), _time(token["expiryOn"])
        )

    def update(self, image=None, autoscale_enabled=None, autoscale_min_replicas=None, autoscale_max_replicas=None,
               autoscale_refresh_seconds=None, autoscale_target_utilization=None, collect_model_data=None,
               auth_enabled=None, cpu_cores=None, memory_gb=None, enable_app_insights=None, scoring_timeout_ms=None,
               replica_max_concurrent_requests=None, max_request_wait_time=None, num_replicas=None, tags=None,
               properties=None, description=None, models=None, inference_config=None, gpu_cores=None,
               period_seconds=None, initial_delay_seconds=None, timeout_seconds=None, success_threshold=None,
               failure_threshold=None, namespace=None, token_auth_enabled=None, cpu_cores_limit=None,
               memory_gb_limit=None, **kwargs):
        self._change(_common(tags, properties, description, self.tags), _members(locals(), "aks"), models, inference_config)


def _common(tags, properties, description, tags_before):
    """Tags that are given take the place of those that were there."""
    from azureml.core import _cli

    arguments = []
    for key in tags_before or {}:
        arguments += ["--remove-tag", key] if tags is not None and key not in tags else []
    arguments += _cli.labels("--add-tag", tags) + _cli.labels("--add-property", properties)
    return arguments + ([] if description is None else ["--description", description])


def _members(given, compute_type=None):
    """The arguments as members of the deployment configuration (azureml.md 4.6)."""
    return {
        "computeType": compute_type,
        "autoScaler": {
            "autoscaleEnabled": given["autoscale_enabled"],
            "minReplicas": given["autoscale_min_replicas"],
            "maxReplicas": given["autoscale_max_replicas"],
            "refreshPeriodInSeconds": given["autoscale_refresh_seconds"],
            "targetUtilization": given["autoscale_target_utilization"],
        },
        "dataCollection": {"storageEnabled": given["collect_model_data"]},
        "authEnabled": given["auth_enabled"],
        "tokenAuthEnabled": given["token_auth_enabled"],
        "containerResourceRequirements": {
            "cpu": given["cpu_cores"],
            "memoryInGB": given["memory_gb"],
            "cpuLimit": given["cpu_cores_limit"],
            "memoryInGBLimit": given["memory_gb_limit"],
        },
        "gpuCores": given["gpu_cores"],
        "appInsightsEnabled": given["enable_app_insights"],
        "scoringTimeoutMs": given["scoring_timeout_ms"],
        "maxConcurrentRequestsPerContainer": given["replica_max_concurrent_requests"],
        "maxQueueWaitMs": given["max_request_wait_time"],
        "numReplicas": given["num_replicas"],
        "keys": {"primaryKey": given.get("primary_key"), "secondaryKey": given.get("secondary_key")},
        "livenessProbeRequirements": {
            "periodSeconds": given["period_seconds"],
            "initialDelaySeconds": given["initial_delay_seconds"],
            "timeoutSeconds": given["timeout_seconds"],
            "successThreshold": given["success_threshold"],
            "failureThreshold": given["failure_threshold"],
        },
        "namespace": given["namespace"],
    }
