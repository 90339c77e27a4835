"""A kind of service that the SDK does not know; there is none here."""

from azureml.core.webservice.webservice import Webservice


class UnknownWebservice(Webservice):
    def run(self, input):
        raise NotImplementedError("Run not implemented for unknown webservice type")

    def get_token(self):
        raise NotImplementedError("Get token not implemented for unknown webservice type")

    def update(self, *args):
        raise NotImplementedError("Update not implemented for unknown webservice type")
