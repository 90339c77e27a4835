"""What a service's payload has beside plain values, as objects."""

from azureml.exceptions import WebserviceException


class _Part(object):
    """Attributes that go over the wire under other names; `_keys` are these names in the order of the attributes."""

    _keys = {}
    _required = True
    _called = ""

    def serialize(self):
        return {key: getattr(self, name) for name, key in self._keys.items()}

    @classmethod
    def _read(cls, payload_obj):
        if payload_obj is None and not cls._required:
            return None
        for key in cls._keys.values():
            if key not in payload_obj:
                raise WebserviceException(
                    "Invalid webservice payload, missing %s for %s:\n%s" % (key, cls._called or cls.__name__, payload_obj)
                )
        return cls(**{name: payload_obj[key] for name, key in cls._keys.items()})


class AutoScaler(_Part):
    _called = "autoScaler"
    _keys = {
        "autoscale_enabled": "autoscaleEnabled",
        "min_replicas": "minReplicas",
        "max_replicas": "maxReplicas",
        "refresh_period_seconds": "refreshPeriodInSeconds",
        "target_utilization": "targetUtilization",
    }

    def __init__(self, autoscale_enabled, max_replicas, min_replicas, refresh_period_seconds, target_utilization):
        self.autoscale_enabled = autoscale_enabled
        self.max_replicas = max_replicas
        self.min_replicas = min_replicas
        self.refresh_period_seconds = refresh_period_seconds
        self.target_utilization = target_utilization

    @staticmethod
    def deserialize(payload_obj):
        return AutoScaler._read(payload_obj)


class ContainerResourceRequirements(_Part):
    _keys = {
        "cpu": "cpu",
        "cpu_limit": "cpuLimit",
        "memory_in_gb": "memoryInGB",
        "memory_in_gb_limit": "memoryInGBLimit",
        "gpu": "gpu",
    }

    def __init__(self, cpu, memory_in_gb, gpu=None, cpu_limit=None, memory_in_gb_limit=None):
        self.cpu = cpu
        self.cpu_limit = cpu_limit
        self.memory_in_gb = memory_in_gb
        self.memory_in_gb_limit = memory_in_gb_limit
        self.gpu = gpu

    @staticmethod
    def deserialize(payload_obj):
        return ContainerResourceRequirements._read(payload_obj)


class LivenessProbeRequirements(_Part):
    _required = False
    _keys = {
        "period_seconds": "periodSeconds",
        "initial_delay_seconds": "initialDelaySeconds",
        "timeout_seconds": "timeoutSeconds",
        "success_threshold": "successThreshold",
        "failure_threshold": "failureThreshold",
    }

    def __init__(self, period_seconds, initial_delay_seconds, timeout_seconds, success_threshold, failure_threshold):
        self.period_seconds = period_seconds
        self.initial_delay_seconds = initial_delay_seconds
        self.timeout_seconds = timeout_seconds
        self.success_threshold = success_threshold
        self.failure_threshold = failure_threshold

    @staticmethod
    def deserialize(payload_obj):
        return LivenessProbeRequirements._read(payload_obj)


class DataCollection(_Part):
    _keys = {"event_hub_enabled": "eventHubEnabled", "storage_enabled": "storageEnabled"}

    def __init__(self, event_hub_enabled, storage_enabled):
        self.event_hub_enabled = event_hub_enabled
        self.storage_enabled = storage_enabled

    @staticmethod
    def deserialize(payload_obj):
        return DataCollection._read(payload_obj)


class EncryptionProperties(_Part):
    _required = False
    _keys = {"cmk_vault_base_url": "vaultBaseUrl", "cmk_key_name": "keyName", "cmk_key_version": "keyVersion"}

    def __init__(self, cmk_vault_base_url, cmk_key_name, cmk_key_version):
        self.cmk_vault_base_url = cmk_vault_base_url
        self.cmk_key_name = cmk_key_name
        self.cmk_key_version = cmk_key_version

    @staticmethod
    def deserialize(payload_obj):
        return EncryptionProperties._read(payload_obj)


class VnetConfiguration(_Part):
    _required = False
    _keys = {"vnet_name": "vnetName", "subnet_name": "subnetName"}

    def __init__(self, vnet_name, subnet_name):
        self.vnet_name = vnet_name
        self.subnet_name = subnet_name

    @staticmethod
    def deserialize(payload_obj):
        return VnetConfiguration._read(payload_obj)
