"""The old name of `tritonclient.utils`, which newer releases of tritonclient no longer install."""

from tritonclient.utils import *  # noqa: F401,F403
