"""How many samples a debate's tokens buy."""

import asyncio

import pytest
from multisynth.text.debate.votes import worth

from multisynth.serving import Completion

LENGTHS = [3, 10, 1, 7, 10, 2, 9, 4, 10, 10, 1, 1, 5]


@pytest.mark.parametrize("tokens", range(1, 60))
def test_samples_are_as_few_as_reach_the_tokens_and_none_is_asked_twice_or_in_vain(tokens) -> None:
    asked: list[int] = []

    async def sample(number: int) -> Completion:
        asked.append(number)
        return Completion(str(number), (), None, "stop", 1, LENGTHS[number])

    known = [Completion(str(number), (), None, "stop", 1, LENGTHS[number]) for number in range(2)]
    heard = asyncio.run(worth(tokens, known, 10, sample))
    fewest = next(count for count in range(len(LENGTHS)) if sum(LENGTHS[:count]) >= tokens)
    assert [answer.text for answer in heard] == [str(number) for number in range(fewest)]
    assert asked == list(range(2, fewest))
