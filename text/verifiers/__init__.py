"""Who judges answers: each problem names its verifier in the column `verifier`.

addition     the sum of two numbers, and whether each line of the scratchpad is right
arithmetic   the final answer, and whether the equations of the reasoning bear it
code         a program, by unit tests in a sandbox
exact        the final answer, letter for letter but for case and spaces
gym          the final answer, by the scorer of its set of reasoning-gym
math         the final answer alone, as a number or by math-verify
schema       JSON, by a JSON Schema
"""

from .choice import CHECKS, NAMES, Verifiers
from .verdict import Verdict, Verifier

__all__ = ["CHECKS", "NAMES", "Verdict", "Verifier", "Verifiers"]
