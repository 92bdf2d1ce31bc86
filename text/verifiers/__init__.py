"""Who judges answers: each problem names its verifier in the column `verifier`.

arithmetic   the final answer, and that the equations of the reasoning bear it
math         the final answer alone, as a number or by math-verify
"""

from .choice import NAMES, Verifiers
from .verdict import Verdict, Verifier

__all__ = ["NAMES", "Verdict", "Verifier", "Verifiers"]
