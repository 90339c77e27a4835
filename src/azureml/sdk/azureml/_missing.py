"""What of azureml-core is not emulated, said where it is used."""


def not_emulated(what, instead):
    """The error for `what`; `instead` is what to do here."""
    return NotImplementedError("%s is not emulated by triton-local: %s" % (what, instead))


class Missing:
    """Stands for a class or function that is not emulated: importing it is no fault, using it is."""

    def __init__(self, what, instead):
        self._what = what
        self._instead = instead

    def __call__(self, *args, **kwargs):
        raise not_emulated(self._what, self._instead)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise not_emulated("%s.%s" % (self._what, name), self._instead)


def missing_from(module, instead="use the Azure ML SDK outside of triton-local exec"):
    """A `__getattr__` for a module: what it lacks can be imported, and says so when it is used."""

    def find(name):
        if name.startswith("_"):
            raise AttributeError("module %r has no attribute %r" % (module, name))
        return Missing("%s.%s" % (module, name), instead)

    return find
