"""Programs that nobody vouches for, run where they can do no harm."""

from .limits import Limits
from .sandbox import WORK, Isolation, Result, Sandbox, Status

__all__ = ["WORK", "Isolation", "Limits", "Result", "Sandbox", "Status"]
