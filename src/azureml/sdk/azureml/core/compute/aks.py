from azureml._missing import missing_from, not_emulated
from azureml.core.compute.compute import (
    ComputeTarget,
    ComputeTargetAttachConfiguration,
    ComputeTargetProvisioningConfiguration,
)


class AksCompute(ComputeTarget):
    """The name of a cluster."""

    class ClusterPurpose(object):
        DEV_TEST = "DevTest"
        FAST_PROD = "FastProd"

    @staticmethod
    def provisioning_configuration(agent_count=None, vm_size=None, ssl_cname=None, ssl_cert_pem_file=None,
                                   ssl_key_pem_file=None, location=None, vnet_resourcegroup_name=None, vnet_name=None,
                                   subnet_name=None, service_cidr=None, dns_service_ip=None, docker_bridge_cidr=None,
                                   cluster_purpose=None, load_balancer_type=None, load_balancer_subnet=None):
        return ComputeTargetProvisioningConfiguration(locals())

    @staticmethod
    def attach_configuration(resource_group=None, cluster_name=None, resource_id=None, cluster_purpose=None,
                             load_balancer_type=None, load_balancer_subnet=None):
        return ComputeTargetAttachConfiguration(locals())

    @staticmethod
    def attach(workspace, name, resource_id):
        return AksCompute(workspace, name)

    def get_credentials(self):
        raise not_emulated("AksCompute.get_credentials", "there is no cluster: services run on this machine")

    def update(self, update_configuration):
        raise not_emulated("AksCompute.update", "there is no cluster: services run on this machine")


__getattr__ = missing_from(__name__, "services run on this machine: name an AksCompute")
