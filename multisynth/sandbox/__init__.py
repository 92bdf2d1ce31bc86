"""Programs that nobody vouches for, run where they can do no harm."""

from multisynth.sandbox.bubble import WORK
from multisynth.sandbox.limits import Limits
from multisynth.sandbox.sandbox import Isolation, Result, Sandbox, Status

__all__ = ["WORK", "Isolation", "Limits", "Result", "Sandbox", "Status"]
