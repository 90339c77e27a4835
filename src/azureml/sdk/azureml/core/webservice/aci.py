"""AciWebservice: a service as a container instance has it, with keys where they are asked for."""

from azureml.core.webservice.aks import _common
from azureml.core.webservice.webservice import Webservice, WebserviceDeploymentConfiguration


class AciServiceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    _compute_type = "aci"


class AciWebservice(Webservice):
    def _begin(self):
        self.state = "Transitioning"

    @staticmethod
    def deploy_configuration(cpu_cores=None, memory_gb=None, tags=None, properties=None, description=None,
                             location=None, auth_enabled=None, ssl_enabled=None, enable_app_insights=None,
                             ssl_cert_pem_file=None, ssl_key_pem_file=None, ssl_cname=None, dns_name_label=None,
                             primary_key=None, secondary_key=None, collect_model_data=None, cmk_vault_base_url=None,
                             cmk_key_name=None, cmk_key_version=None, vnet_name=None, subnet_name=None):
        members = {
            "containerResourceRequirements": {"cpu": cpu_cores, "memoryInGB": memory_gb},
            "location": location,
            "authEnabled": auth_enabled,
            "sslEnabled": ssl_enabled,
            "appInsightsEnabled": enable_app_insights,
            "cname": ssl_cname,
            "dnsNameLabel": dns_name_label,
            "vaultBaseUrl": cmk_vault_base_url,
            "keyName": cmk_key_name,
            "keyVersion": cmk_key_version,
            "vnetName": vnet_name,
            "subnetName": subnet_name,
            "keys": {"primaryKey": primary_key, "secondaryKey": secondary_key},
        }
        return AciServiceDeploymentConfiguration(members, tags, properties, description)

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
