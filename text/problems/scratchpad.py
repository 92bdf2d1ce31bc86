"""Addition on a scratchpad, digit by digit with the carry.

The form of Nye et al. 2021 (arXiv 2112.00114, figure 2) that STaR uses. Each line has what is still to be added, the
digits of the sum that are known, and the carry; the last has the sum with its leading zero:

    6 2 4 + 2 5 9 , C: 0
    6 2 + 2 5 , 3 C: 1
    6 + 2 , 8 3 C: 0
    , 8 8 3 C: 0
    0 8 8 3
    The answer is 8 8 3.
"""

from __future__ import annotations


def spaced(value: int) -> str:
    """A number's digits with spaces between them."""
    return " ".join(str(value))


def steps(first: int, second: int) -> list[str]:
    """The lines that add two numbers, without the answer."""
    left, right = _padded(first, second)
    done: list[str] = []
    lines, carry = [f"{' '.join(left)} + {' '.join(right)} , C: 0"], 0
    for place in reversed(range(len(left))):
        total = int(left[place]) + int(right[place]) + carry
        carry, digit = divmod(total, 10)
        done.insert(0, str(digit))
        rest = f"{' '.join(left[:place])} + {' '.join(right[:place])} " if place else ""
        lines.append(f"{rest}, {' '.join(done)} C: {carry}")
    return [*lines, f"{carry} {' '.join(done)}"]


def scratchpad(first: int, second: int) -> str:
    """The whole right answer: all lines, then `The answer is …`."""
    return "\n".join([*steps(first, second), f"The answer is {spaced(first + second)}."])


def first_fault(first: int, second: int, completion: str) -> tuple[int, str, str] | None:
    """The first line of a scratchpad that is not as it has to be.

    Args:
        first: The number on the left.
        second: The other.
        completion: A scratchpad; empty lines, and what stands after its last step, do not matter.

    Returns:
        Its place among those that are not empty, what is written there (empty where the text ends before), and what
        should be; None if there is none.
    """
    written = [" ".join(line.split()) for line in completion.split("\n") if line.strip()]
    for place, line in enumerate(steps(first, second)):
        found = written[place] if place < len(written) else ""
        if found != line:
            return place, found, line
    return None


def _padded(first: int, second: int) -> tuple[str, str]:
    width = max(len(str(first)), len(str(second)))
    return str(first).zfill(width), str(second).zfill(width)
