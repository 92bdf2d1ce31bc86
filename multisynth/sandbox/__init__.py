"""Programs that nobody vouches for, run where they can do no harm."""

from multisynth.sandbox.limits import Limits
from multisynth.sandbox.sandbox import WORK, Isolation, Result, Sandbox, Status

__all__ = ["WORK", "Isolation", "Limits", "Result", "Sandbox", "Status"]
