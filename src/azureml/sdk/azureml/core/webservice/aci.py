"""AciWebservice: a service as a container instance has it, with keys where they are asked for."""

from azureml._missing import missing_from
from azureml.core.webservice.aks import _common
from azureml.core.webservice.parts import EncryptionProperties, VnetConfiguration, _Part
from azureml.core.webservice.webservice import Webservice, WebserviceDeploymentConfiguration


class ContainerResourceRequirements(_Part):
    """As a container instance has it: without a GPU and without limits."""

    _called = "containerResourceReservation"
    _keys = {"cpu": "cpu", "memory_in_gb": "memoryInGB"}

    def __init__(self, cpu, memory_in_gb):
        self.cpu = cpu
        self.memory_in_gb = memory_in_gb

    @staticmethod
    def deserialize(payload_obj):
        return ContainerResourceRequirements._read(payload_obj)


class AciServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    _compute_type = "aci"

    def __init__(self, cpu_cores=None, memory_gb=None, tags=None, properties=None, description=None, location=None,
                 auth_enabled=None, ssl_enabled=None, enable_app_insights=None, ssl_cert_pem_file=None,
                 ssl_key_pem_file=None, ssl_cname=None, dns_name_label=None, primary_key=None, secondary_key=None,
                 collect_model_data=None, cmk_vault_base_url=None, cmk_key_name=None, cmk_key_version=None,
                 vnet_name=None, subnet_name=None):
        super().__init__(AciWebservice, description, tags, properties, primary_key, secondary_key, location)
        self.cpu_cores = cpu_cores
        self.memory_gb = memory_gb
        self.auth_enabled = auth_enabled
        self.ssl_enabled = ssl_enabled
        self.enable_app_insights = enable_app_insights
        self.ssl_cert_pem_file = ssl_cert_pem_file
        self.ssl_key_pem_file = ssl_key_pem_file
        self.ssl_cname = ssl_cname
        self.dns_name_label = dns_name_label
        self.collect_model_data = collect_model_data
        self.cmk_vault_base_url = cmk_vault_base_url
        self.cmk_key_name = cmk_key_name
        self.cmk_key_version = cmk_key_version
        self.vnet_name = vnet_name
        self.subnet_name = subnet_name
        self.validate_configuration()

    def _given(self):
        return {
            "containerResourceRequirements": {"cpu": self.cpu_cores, "memoryInGB": self.memory_gb},
            "location": self.location,
            "authEnabled": self.auth_enabled,
            "sslEnabled": self.ssl_enabled,
            "appInsightsEnabled": self.enable_app_insights,
            "dataCollection": {"storageEnabled": self.collect_model_data},
            "cname": self.ssl_cname,
            "dnsNameLabel": self.dns_name_label,
            "vaultBaseUrl": self.cmk_vault_base_url,
            "keyName": self.cmk_key_name,
            "keyVersion": self.cmk_key_version,
            "vnetName": self.vnet_name,
            "subnetName": self.subnet_name,
            "keys": {"primaryKey": self.primary_key, "secondaryKey": self.secondary_key},
        }


class AciWebservice(Webservice):
    def _begin(self):
        self.state = "Transitioning"

    def _take_more(self, value):
        self._take_content(value)
        self.enable_app_insights = value["appInsightsEnabled"]
        self.cname = value["cname"]
        self.container_resource_requirements = ContainerResourceRequirements.deserialize(
            value["containerResourceRequirements"]
        )
        self.encryption_properties = EncryptionProperties.deserialize(value["encryptionProperties"])
        self.vnet_configuration = VnetConfiguration.deserialize(value["vnetConfiguration"])
        self.location = value["location"]
        self.public_ip = value["publicIp"]
        self.public_fqdn = value["publicFqdn"]
        self.ssl_certificate = value["sslCertificate"]
        self.ssl_enabled = value["sslEnabled"]
        self.ssl_key = value["sslKey"]

    @staticmethod
    def deploy_configuration(cpu_cores=None, memory_gb=None, tags=None, properties=None, description=None,
                             location=None, auth_enabled=None, ssl_enabled=None, enable_app_insights=None,
                             ssl_cert_pem_file=None, ssl_key_pem_file=None, ssl_cname=None, dns_name_label=None,
                             primary_key=None, secondary_key=None, collect_model_data=None, cmk_vault_base_url=None,
                             cmk_key_name=None, cmk_key_version=None, vnet_name=None, subnet_name=None):
        return AciServiceDeploymentConfiguration(**locals())

    def run(self, input_data):
        return self._post(input_data)

    def get_token(self):
        raise NotImplementedError("ACI webservices do not support Token Authentication.")

    def update(self, image=None, tags=None, properties=None, description=None, auth_enabled=None, ssl_enabled=None,
               ssl_cert_pem_file=None, ssl_key_pem_file=None, ssl_cname=None, enable_app_insights=None, models=None,
               inference_config=None):
        members = {
            "computeType": "aci",
            "authEnabled": auth_enabled,
            "sslEnabled": ssl_enabled,
            "cname": ssl_cname,
            "appInsightsEnabled": enable_app_insights,
        }
        self._change(_common(tags, properties, description, self.tags), members, models, inference_config)


__getattr__ = missing_from(__name__)
