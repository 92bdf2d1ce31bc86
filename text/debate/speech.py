"""How the debaters and the judge are asked for their turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from multisynth.serving import Message

from .contradiction import Turn

Speaker = Literal["proponent", "opponent", "judge"]
Act = Literal["opening", "question", "reply", "rebuttal", "closing", "verdict"]

NAMES = {"proponent": "Proponent", "opponent": "Opponent", "judge": "Judge"}
_TASKS: dict[str, str] = {
    "opening": "Say in two or three sentences why the answer is {stand}. End with: The answer is {stand}.",
    "question": "Ask the {other} one short question about the weakest step of their argument.",
    "reply": "Reply to the last question in one or two sentences. You stand for the answer {stand}.",
    "rebuttal": "Say in one or two sentences what is wrong with the argument of the {other}. You stand for {stand}.",
    "closing": "Close in one or two sentences, and end with: The answer is {stand}.",
    "verdict": "You are the judge. Check both arguments against the question. Say in one or two sentences who is right "
    "and why, and end with: The answer is ...",
}
_SYSTEM = {
    "proponent": "You are the proponent in a debate about a question. You hold that the answer is {stand}.",
    "opponent": "You are the opponent in a debate about a question. You hold that the answer is {stand}.",
    "judge": "You judge a debate about a question. You do not take sides.",
}


def prompt(
    question: str, turns: Sequence[Turn], speaker: Speaker, act: Act, stand: str, *, chat: bool
) -> str | tuple[Message, ...]:
    """What a speaker is asked.

    Args:
        question: What the debate is about.
        turns: The transcript so far.
        speaker: Whose turn it is.
        act: Which.
        stand: The answer that the speaker stands for.
        chat: Whether the model's chat template is used.
    """
    other = "opponent" if speaker == "proponent" else "proponent"
    task = _TASKS[act].format(stand=stand, other=other)
    said = "\n".join(f"{NAMES[turn.speaker]}: {turn.text}" for turn in turns if turn.text)
    if chat:
        body = f"Question: {question}\n\n" + (f"The debate so far:\n{said}\n\n" if said else "") + task
        return Message("system", _SYSTEM[speaker].format(stand=stand)), Message("user", body)
    head = f"{_SYSTEM[speaker].format(stand=stand)}\n\nQuestion: {question}\n\n"
    return head + (f"{said}\n\n" if said else "") + f"({task})\n{NAMES[speaker]}:"


STOPS = ("\n", *(f"{name}:" for name in NAMES.values()), "Question:")
"""A turn is one paragraph, and nobody speaks for another."""


def whole(text: str, finish: str) -> str:
    """A turn without what was begun and cut off, if a whole sentence stands before it; on one line."""
    text = " ".join(text.split())
    if finish != "length":
        return text
    end = max((text.rfind(mark) for mark in (". ", "! ", "? ")), default=-1)
    return text if end < 0 or text.endswith((".", "!", "?")) else text[: end + 1]


def doubt(earlier: str, later: str, *, chat: bool) -> str | tuple[Message, ...]:
    """Asks whether one statement of a speaker contradicts another; the answer begins with yes or no."""
    body = (
        f"Statement 1: {earlier}\nStatement 2: {later}\n"
        "Do the two statements contradict each other? Answer with one word, yes or no."
    )
    return (Message("user", body),) if chat else f"{body}\nAnswer:"
