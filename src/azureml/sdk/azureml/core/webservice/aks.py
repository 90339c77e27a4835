"""AksWebservice: a service with keys, as a cluster has it."""

from azureml._missing import missing_from
from azureml.core.model import _time
from azureml.core.webservice.parts import (
    AutoScaler, ContainerResourceRequirements, DataCollection, LivenessProbeRequirements,
)
from azureml.core.webservice.webservice import (
    WebServiceAccessToken, Webservice, WebserviceDeploymentConfiguration, _call,
)


class AksServiceAccessToken(WebServiceAccessToken):
    """A token for a service on a cluster."""


class AksServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    _compute_type = "aks"
    _after_text = "\n"

    def __init__(self, autoscale_enabled, autoscale_min_replicas, autoscale_max_replicas, autoscale_refresh_seconds,
                 autoscale_target_utilization, collect_model_data, auth_enabled, cpu_cores, memory_gb,
                 enable_app_insights, scoring_timeout_ms, replica_max_concurrent_requests, max_request_wait_time,
                 num_replicas, primary_key, secondary_key, tags, properties, description, gpu_cores, period_seconds,
                 initial_delay_seconds, timeout_seconds, success_threshold, failure_threshold, namespace,
                 token_auth_enabled, compute_target_name, cpu_cores_limit, memory_gb_limit, blobfuse_enabled=None):
        super().__init__(AksWebservice, description, tags, properties, primary_key, secondary_key)
        self.autoscale_enabled = autoscale_enabled
        self.autoscale_min_replicas = autoscale_min_replicas
        self.autoscale_max_replicas = autoscale_max_replicas
        self.autoscale_refresh_seconds = autoscale_refresh_seconds
        self.autoscale_target_utilization = autoscale_target_utilization
        self.collect_model_data = collect_model_data
        self.auth_enabled = auth_enabled
        self.cpu_cores = cpu_cores
        self.cpu_cores_limit = cpu_cores_limit
        self.memory_gb = memory_gb
        self.memory_gb_limit = memory_gb_limit
        self.gpu_cores = gpu_cores
        self.enable_app_insights = enable_app_insights
        self.scoring_timeout_ms = scoring_timeout_ms
        self.replica_max_concurrent_requests = replica_max_concurrent_requests
        self.max_request_wait_time = max_request_wait_time
        self.num_replicas = num_replicas
        self.period_seconds = period_seconds
        self.initial_delay_seconds = initial_delay_seconds
        self.timeout_seconds = timeout_seconds
        self.success_threshold = success_threshold
        self.failure_threshold = failure_threshold
        self.namespace = namespace
        self.token_auth_enabled = token_auth_enabled
        self.blobfuse_enabled = blobfuse_enabled
        self.compute_target_name = compute_target_name
        self.validate_configuration()

    def _given(self):
        return _members(vars(self))


class AksWebservice(Webservice):
    def _begin(self):
        self.state = "Transitioning"

    def _take_more(self, value):
        self._take_content(value)
        self.enable_app_insights = value["appInsightsEnabled"]
        self.autoscaler = AutoScaler.deserialize(value["autoScaler"])
        self.compute_name = value["computeName"]
        self.container_resource_requirements = ContainerResourceRequirements.deserialize(
            value["containerResourceRequirements"]
        )
        self.liveness_probe_requirements = LivenessProbeRequirements.deserialize(value["livenessProbeRequirements"])
        self.data_collection = DataCollection.deserialize(value["dataCollection"])
        self.max_concurrent_requests_per_container = value["maxConcurrentRequestsPerContainer"]
        self.max_request_wait_time = value["maxQueueWaitMs"]
        self.num_replicas = value["numReplicas"]
        self.scoring_timeout_ms = value["scoringTimeoutMs"]
        self.is_default = value["isDefault"]
        self.traffic_percentile = value["trafficPercentile"]
        self.version_type = value["versionType"]
        self.deployment_status = value["deploymentStatus"]
        self.namespace = value.get("namespace")

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
        return AksServiceDeploymentConfiguration(**locals())

    def run(self, input_data):
        return self._post(input_data)

    def get_access_token(self):
        token = _call("service", "get-access-token", "-n", self.name)
        times = [_time(token[name]).timestamp() for name in ("refreshAfter", "expiryOn")]
        return AksServiceAccessToken(token["accessToken"], token["tokenType"], *times)

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
    """The arguments as members of the deployment configuration (docs/reference/azureml.md#deployment-configuration)."""
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


__getattr__ = missing_from(__name__)
