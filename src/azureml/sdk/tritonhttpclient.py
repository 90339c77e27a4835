"""The name that `tritonclient.http` had in 2020."""

from tritonclient.http import *  # noqa: F401,F403
