class ContainerRegistry:
    """Where a base image comes from; kept, and not used: images are the docker engine's affair."""

    def __init__(self):
        self.address = None
        self.username = None
        self.password = None
        self.registry_identity = None
