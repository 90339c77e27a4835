"""The name that `tritonclient.utils` had in 2020."""

from tritonclient.utils import *  # noqa: F401,F403
