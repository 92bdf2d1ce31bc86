"""Contradictions of somebody with themselves, read from their words."""

from .answers import normal, same_answer
from .detector import Contradiction, Turn, concedes, contradictions

__all__ = ["Contradiction", "Turn", "concedes", "contradictions", "normal", "same_answer"]
