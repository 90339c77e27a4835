"""Where a base image comes from; kept, and not used: images are the docker engine's affair."""


class RegistryIdentity:
    """Who may pull from a registry."""

    def __init__(self):
        self.resource_id = None
        self.client_id = None


class ContainerRegistry:
    """Address and sign-in of a registry."""

    def __init__(self):
        self.address = None
        self.username = None
        self.password = None
        self.registry_identity = None
