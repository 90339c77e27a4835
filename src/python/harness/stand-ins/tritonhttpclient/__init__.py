"""The old name of `tritonclient.http`, which newer releases of tritonclient no longer install."""

from tritonclient.http import *  # noqa: F401,F403
