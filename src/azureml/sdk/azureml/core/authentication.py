"""Ways to sign in. The local workspace asks for none, so each of them is taken and nothing is sent anywhere."""

from enum import Enum

from azureml._missing import missing_from
from azureml.exceptions import AuthenticationException

#: What the local services take for a token of Azure: they check none.
_TOKEN = "triton-local"


class Audience(Enum):
    ARM = "ARM"
    AZUREML = "AZUREML"


class AbstractAuthentication(object):
    """What every way of signing in has."""

    def __init__(self, cloud=None):
        self._cloud = cloud

    def get_authentication_header(self):
        return {"Authorization": "Bearer " + self._get_arm_token()}

    def get_token(self, *scopes, **kwargs):
        from collections import namedtuple

        return namedtuple("AccessToken", ("token", "expires_on"))(self._get_arm_token(), 2**31)

    def signed_session(self, session=None):
        if session is None:
            import requests

            session = requests.Session()
        session.headers.update(self.get_authentication_header())
        return session

    def _get_arm_token(self):
        return _TOKEN


class InteractiveLoginAuthentication(AbstractAuthentication):
    def __init__(self, force=False, tenant_id=None, cloud=None):
        super().__init__(cloud)
        self._tenant_id = tenant_id


class AzureCliAuthentication(AbstractAuthentication):
    def __init__(self, cloud=None):
        super().__init__(cloud)


class ArmTokenAuthentication(AbstractAuthentication):
    def __init__(self, arm_access_token, cloud='None'):
        super().__init__(cloud)
        self._arm_access_token = arm_access_token

    def update_arm_access_token(self, new_arm_access_token):
        self._arm_access_token = new_arm_access_token

    def _get_arm_token(self):
        return self._arm_access_token


class ServicePrincipalAuthentication(AbstractAuthentication):
    def __init__(self, tenant_id, service_principal_id, service_principal_password, cloud='AzureCloud',
                 _enable_caching=True):
        super().__init__(cloud)
        self._tenant_id = tenant_id
        self._service_principal_id = service_principal_id
        self._service_principal_password = service_principal_password


class MsiAuthentication(AbstractAuthentication):
    def __init__(self, cloud=None, **kwargs):
        super().__init__(cloud)


class TokenAuthentication(AbstractAuthentication):
    def __init__(self, get_token_for_audience, cloud=None):
        super().__init__(cloud)
        self._get_token_for_audience = get_token_for_audience
        if self._get_token_for_audience is None:
            raise AuthenticationException("get_token_for_audience cannot be null.")

    def get_token(self, audience=Audience.ARM):
        if audience not in (Audience.ARM, Audience.AZUREML):
            raise ValueError("Unsupported audience {0}. Supported values are : {1} and {2}".format(
                audience, Audience.ARM, Audience.AZUREML))
        return self._get_token_for_audience(audience)

    def _get_arm_token(self):
        return self.get_token()


__getattr__ = missing_from(__name__)
