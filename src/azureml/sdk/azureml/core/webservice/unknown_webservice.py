"""A kind of service unknown to the SDK; never used here."""

from azureml.core.webservice.webservice import Webservice


class UnknownWebservice(Webservice):
    def run(self, input):
        raise NotImplementedError("Run not implemented for unknown webservice type")

    def get_token(self):
        raise NotImplementedError("Get token not implemented for unknown webservice type")

    def update(self, *args):
        raise NotImplementedError("Update not implemented for unknown webservice type")
