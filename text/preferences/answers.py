"""What is no whole answer."""

from __future__ import annotations

from multisynth.serving import Completion


def fault(answer: Completion) -> str:
    """Why an answer would teach nothing: it is empty, cut off, or stops where it promises more; "" if it is whole."""
    text = answer.text.strip()
    if not text:
        return "is empty"
    if answer.finish == "length":
        return f"is cut off: {answer.generated} tokens"
    return f"announces what does not follow: {len(text)} characters" if text.endswith((":", ",")) else ""
