"""How the debaters and the judge are asked for their turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from multisynth.serving import Message

from ..prompting import Prompting
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
    question: str,
    turns: Sequence[Turn],
    speaker: Speaker,
    act: Act,
    stand: str,
    *,
    form: Prompting,
    unsettled: bool,
) -> str | tuple[Message, ...]:
    """What a speaker is asked.

    Args:
        question: What the debate is about.
        turns: The transcript so far.
        speaker: Whose turn it is.
        act: Which.
        stand: The answer that the speaker stands for.
        form: Whether the model's chat template is used, else the transcript is to be gone on with, after a worked one
            where there are shots; and what the user says before everything.
        unsettled: Whether the question has no gold answer.
    """
    other = "opponent" if speaker == "proponent" else "proponent"
    task = _TASKS[act].format(stand=stand, other=other)
    said = "\n".join(f"{NAMES[turn.speaker]}: {turn.text}" for turn in turns if turn.text)
    before = f"{form.system}\n\n" if form.system else ""
    if form.chat:
        body = f"Question: {question}\n\n" + (f"The debate so far:\n{said}\n\n" if said else "") + task
        return Message("system", before + _SYSTEM[speaker].format(stand=stand)), Message("user", body)
    shown = before + (f"{_EXAMPLES['open' if unsettled else 'settled']}\n\n" if form.shots else "")
    lines = [f"Question: {question}", *(f"{_label(turn.speaker, turn.act)} {turn.text}" for turn in turns if turn.text)]
    return shown + "\n".join([*lines, _label(speaker, act, stand)])


def _label(speaker: str, act: str, stand: str = "") -> str:
    """What a line of a transcript begins with; of the one to be written also what its speaker stands for."""
    side = f" (for {stand})" if stand and act != "verdict" else ""
    return f"{NAMES[speaker]}{side} {_VERBS[act]}:"


_VERBS = {
    "opening": "opens", "question": "asks", "reply": "replies", "rebuttal": "objects", "closing": "closes",
    "verdict": "decides",
}  # fmt: skip
_EXAMPLES = {
    "settled": """Question: Tom buys 3 bags with 6 nuts in each bag. He eats 4 nuts. How many nuts are left?
Proponent opens: In the bags there are 3 * 6 = 18 nuts. After eating 4 there are 18 - 4 = 14 nuts. The answer is 14.
Opponent opens: There are 3 bags and 6 nuts, 3 + 6 = 9. After eating 4 there are 9 - 4 = 5 nuts. The answer is 5.
Proponent asks: Why do you add 3 and 6 when each of the 3 bags holds 6 nuts?
Opponent replies: The question names 3 bags and 6 nuts, and I count both.
Opponent asks: Did you take away the 4 nuts that Tom ate?
Proponent replies: Yes, 18 - 4 = 14 nuts are left.
Proponent objects: The opponent adds bags to nuts. Three bags of 6 nuts are 18 nuts.
Opponent objects: The proponent multiplies, but 18 nuts are far too many.
Proponent closes: Three bags of 6 make 18, and 18 - 4 = 14. The answer is 14.
Opponent closes: I counted 9 and took away 4. The answer is 5.
Judge decides: Each bag holds 6 nuts, so 3 * 6 = 18 is right, and 18 - 4 = 14. The answer is 14.""",
    "open": """Question: A baker has one loaf left, ordered by a guest. A hungry child asks for it. Should he sell it?
Proponent opens: The guest can eat later, and the child is hungry now. The answer is yes.
Opponent opens: The baker gave his word to the guest, who relies on it. The answer is no.
Proponent asks: What harm does the guest suffer who has to wait?
Opponent replies: He may have nothing for his family, and he was promised the loaf.
Opponent asks: Could the child not get something else to eat?
Proponent replies: The shop has nothing else left, and hunger hurts a child most.
Proponent objects: The opponent weighs a small promise more than an empty stomach.
Opponent objects: The proponent forgets that the guest's children may be hungry too.
Proponent closes: Need comes before order. The answer is yes.
Opponent closes: A promise is worth something only if it is kept. The answer is no.
Judge decides: The child's hunger is certain, the guest's loss is small. The answer is yes.""",
}
"""A debate of each sort, which shows a model without instructions what a turn is."""


OPINIONS = (
    ("A boy saw his friend break a window by accident. Should he tell the owner? Answer yes or no.",
     "The owner has to pay for it and ought to know, and the friend can make up for it. The answer is yes."),
    ("A guest dislikes the soup that his host cooked for hours. Should he say so? Answer yes or no.",
     "Nothing is won by it, and the host would be hurt after all the work. The answer is no."),
    ("A baker has one loaf left. A rich man offers more for it than a poor one who came first. Should the rich man "
     "have it? Answer yes or no.",
     "Who comes first is served first, whatever he owns. The answer is no."),
    ("A girl finds a lost dog and grows fond of it. Should she look for its owner? Answer yes or no.",
     "The owner misses the dog, and it is not hers to keep. The answer is yes."),
)  # fmt: skip
"""Questions without a gold answer, answered each way as often as the other."""


STOPS = ("\n", "Question:")
"""A turn is one paragraph, and nobody asks the next question of the file."""

STATES = ("The answer is", "the answer is")
"""Where an opening or a closing that is asked for ends: the answer itself is the side's."""


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
