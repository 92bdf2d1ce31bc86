"""Debates by scripted debaters: who stands for what, turns, flags, verdict, and the vote at equal tokens."""

import math
import re
from collections.abc import Callable

import pytest
from multisynth.text.debate.contradiction import Turn, contradictions
from multisynth.text.debate.debate import Debate
from multisynth.text.debate.ruling import leaning, parting, swapped
from multisynth.text.debate.settled import Settled
from multisynth.text.debate.sides import another
from multisynth.text.debate.speech import whole
from multisynth.text.debate.votes import majority
from multisynth.text.prompting import Prompting

from multisynth import seeds
from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.serving import Completion, Request
from multisynth.testing import run_stage
from tests.serving.tiny import tiny_model

PROBLEMS = [
    Sample(PROBLEM, k, question=f"What is {k} + 2?", answer=str(k + 2), domain="d", verifier="math") for k in range(3)
]
OPEN = [Sample(PROBLEM, 0, question="Should he lie? Answer yes or no.", answer="", domain="ethics")]


@pytest.fixture
def scripted(scripted) -> Callable[..., list[Request]]:
    """As for all, but what is said ends where it has to; seven tokens an answer, or as said."""

    def install(answer: Callable[[str, Request], str | Completion], tokens: int = 7) -> list[Request]:
        def turn(prompt: str, request: Request) -> Completion:
            said = answer(prompt, request)
            if isinstance(said, Completion):
                return said
            alternatives = ((("yes", math.log(0.8)), ("no", math.log(0.2))),) if request.alternatives else None
            ended = re.split("|".join(map(re.escape, request.stop)) or "$", said)[0]
            return Completion(ended, (1,), None, "stop", 10, tokens, alternatives)

        return scripted(turn)

    return install


def debaters(prompt: str, request: Request) -> str:
    """Every third sample is wrong by one; debaters keep to their side; the judge sums up without an answer."""
    if prompt.rstrip().endswith("Answer:"):
        right = int(prompt.split("What is ")[1].split(" +")[0]) + 2
        return f"I add. The answer is {right + (request.seed % 3 == 0)}."
    if prompt.endswith("Judge decides:"):
        return "2." if request.prefix else "The proponent counts correctly."
    return "I keep to my side."


def test_a_debate_has_all_its_turns_and_a_vote_at_no_fewer_tokens(tiny, scripted) -> None:
    seen = scripted(debaters)
    stage = Debate(model=tiny, prompting=Prompting(shots=False), rounds=2, max_tokens=10)
    ran = run_stage(stage, PROBLEMS)
    assert not ran.failures and len(ran.samples) == 3
    for debate in ran.samples:
        acts = [(turn["speaker"][0], turn["act"]) for turn in debate["turns"]]
        cross = [
            ("p", "question"),
            ("o", "reply"),
            ("o", "question"),
            ("p", "reply"),
            ("p", "rebuttal"),
            ("o", "rebuttal"),
        ]
        opening, closing = [("p", "opening"), ("o", "opening")], [("p", "closing"), ("o", "closing")]
        assert acts == [*opening, *cross, *cross, *closing, ("j", "verdict")]
        assert debate.meta["proponent"] != debate.meta["opponent"]
        # What is argued for a side ends with its answer, whatever the model says of it.
        for k, side in ((-3, "proponent"), (-2, "opponent")):
            stand = debate.meta[side]
            assert debate["turns"][k]["text"] == f"I keep to my side. The answer is {stand}."
            assert debate["turns"][k]["claim"] == stand
        assert debate["verdict"] == "2" and debate["right"] == (debate["answer"] == "2")
        # Each answer has 7 tokens: the least number of samples that reaches the debate's tokens.
        assert debate["vote_tokens"] % 7 == 0 and 0 <= debate["vote_tokens"] - debate["tokens"] < 7
        assert len(debate["votes"]) == debate["vote_tokens"] // 7
        assert debate["vote"] == majority(debate["votes"], lambda one, other: one == other) and not debate["flagged"]
        assert debate["vote_right"] == (debate["vote"] == debate["answer"])
    # What was asked is what is on the ledger: the first samples vote too, and are asked once.
    assert sum(ran.ledger.column("tokens_written").to_pylist()) == 7 * len(seen)
    assert len({(request.prompt, request.prefix, request.seed) for request in seen}) == len(seen)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_debates_do_not_depend_on_batches(tiny, scripted, batch_size) -> None:
    scripted(debaters)
    stage = Debate(model=tiny, prompting=Prompting(shots=False), max_tokens=10)
    whole_run, parts = run_stage(stage, PROBLEMS), run_stage(stage, PROBLEMS, batch_size=batch_size)
    assert whole_run.samples.table == parts.samples.table


def test_who_changes_the_answer_flags_the_debate_and_nothing_is_learnt_from_it(tiny, scripted) -> None:
    def turncoat(prompt: str, request: Request) -> str:
        if re.search(r"Proponent \(for \d\) objects:$", prompt):
            return "The answer is 99."
        return debaters(prompt, request)

    scripted(turncoat)
    ran = run_stage(Debate(model=tiny, prompting=Prompting(shots=False)), PROBLEMS)
    for debate in ran.samples:
        turns = debate["turns"]
        assert debate["flagged"] and turns[6]["contradicts"] == 0 and turns[6]["claim"] == "99"
        assert turns[6]["reason"] == f"other answer: {turns[0]['claim']}, then 99"
        assert all(turn["contradicts"] == -1 for k, turn in enumerate(turns) if k not in (6, 8))
    settled = run_stage(Settled(), ran.samples)
    assert not len(settled.samples)
    assert {reason for _, reason in settled.drops} == {"a speaker contradicts themselves: turn 6"}


def test_who_argues_nothing_is_asked_again_and_who_has_a_reason_opens(tiny, scripted) -> None:
    asked: dict[str, int] = {}

    def terse(prompt: str, request: Request) -> str:
        asked[prompt] = asked.get(prompt, 0) + 1
        if prompt.rstrip().endswith("Answer:"):
            return "The answer is 5." if asked[prompt] < 3 else "I add. The answer is 4."
        if prompt.endswith("opens:"):
            return "It is 5 by far." if asked[prompt] == 3 else "The answer is 5."
        return "The answer is 4." if prompt.endswith("closes:") else debaters(prompt, request)

    seen = scripted(terse)
    (debate,) = run_stage(Debate(model=tiny, prompting=Prompting(shots=False), rounds=0), PROBLEMS[:1]).samples
    assert [turn["text"] for turn in debate["turns"][:-1]] == [
        "I add. The answer is 4.", "It is 5 by far. The answer is 5.", "The answer is 4.", "The answer is 5."
    ]  # fmt: skip
    assert sorted(asked[prompt] for prompt in asked if prompt.endswith(("opens:", "closes:"))) == [3, 5, 5]
    assert len({(request.prompt, request.prefix, request.seed) for request in seen}) == len(seen)
    assert debate["tokens"] == 7 * (4 + 3 + 5 + 5 + 2)


@pytest.mark.parametrize(
    "reasons, told", [("winner", "I add. The answer is 2."), ("judge", "correctly. The answer is")]
)
def test_settled_keeps_the_winning_side_or_the_judges_reasons(tiny, scripted, reasons, told) -> None:
    scripted(debaters)
    debates = run_stage(Debate(model=tiny, prompting=Prompting(shots=False)), PROBLEMS).samples
    ran = run_stage(Settled(reasons=reasons), debates)
    assert [sample["answer"] for sample in ran.samples] == ["2"] and told in ran.samples[0]["completion"]
    assert ran.samples[0]["verifier"] == "math" and len(ran.drops) == 2
    assert all(reason.startswith("the verdict is wrong: 2, gold ") for _, reason in ran.drops)


def test_without_a_gold_answer_nothing_is_right_or_wrong(tiny, scripted) -> None:
    scripted(lambda prompt, request: "Lies hurt. The answer is no.")
    ran = run_stage(Debate(model=tiny, prompting=Prompting(chat=True, shots=False), suspicion=0.75), OPEN)
    (debate,) = ran.samples
    assert debate["right"] is None and debate["vote_right"] is None and debate["verdict"] == debate["vote"] == "no"
    assert debate.meta["opponent"] == "yes" and debate.meta["opponent_from"] == "drawn"
    # The scripted judge finds a contradiction with probability 0.8 everywhere.
    assert debate["flagged"] and all(turn["contradicts"] >= 0 for turn in debate["turns"][2:-1])
    assert debate["turns"][2]["reason"] == "the judge says so: 0.80"
    assert [reason for _, reason in run_stage(Settled(), ran.samples).drops] == [
        "a speaker contradicts themselves: turn 2"
    ]


def test_a_model_that_never_answers_is_dropped(tiny, scripted) -> None:
    scripted(lambda prompt, request: "Hm.")
    ran = run_stage(Debate(model=tiny, prompting=Prompting(shots=False), samples=3), PROBLEMS)
    assert {reason for _, reason in ran.drops} == {"no answer: 3 samples"} and len(ran.drops) == 3


def test_another_judge_is_asked_for_the_verdict_alone(tiny, scripted, tmp_path) -> None:
    scripted(debaters)
    other = tiny_model(tmp_path / "other")
    ran = run_stage(Debate(model=tiny, judge=str(other.path), prompting=Prompting(shots=False)), PROBLEMS)
    assert set(ran.samples["judge"]) == {str(other.path)} and set(ran.samples["model"]) == {tiny}


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_judge_that_chooses_is_heard_in_both_orders(tiny, scripted, rounds) -> None:
    """A judge that likes whoever speaks last by 2 nats and the larger answer by 1 chooses the larger one."""
    seen: list[str] = []

    def answer(prompt: str, request: Request) -> str | Completion:
        if not request.alternatives:
            return debaters(prompt, request)
        seen.append(prompt)
        first, last = re.findall(r"(?:Proponent|Opponent) closes: .*The answer is (\d+)\.", prompt)
        odds = 2.0 + (1.0 if int(last) > int(first) else -1.0)
        likely = tuple(sorted({last: -0.1, first: -0.1 - odds}.items(), key=lambda pair: -pair[1]))
        return Completion(last, (1,), None, "length", 10, 1, (likely,))

    scripted(answer)
    ran = run_stage(Debate(model=tiny, prompting=Prompting(shots=False), ruling="chosen", rounds=rounds), PROBLEMS)
    assert len(ran.samples) == 3 and len(seen) == 6
    for debate in ran.samples:
        stands = debate.meta["proponent"], debate.meta["opponent"]
        assert debate["verdict"] == max(stands, key=int) and len(debate.meta["odds"]) == 2
        assert sum(debate.meta["odds"]) == pytest.approx(2.0 if stands[0] == debate["verdict"] else -2.0)


def test_sides_change_places_in_each_exchange() -> None:
    assert swapped("PO" + "po") == list("OP" + "op")
    assert swapped(["p1", "o1", "pq", "or", "oq", "pr", "pb", "ob", "pc", "oc"]) == [
        "o1", "p1", "oq", "pr", "pq", "or", "ob", "pb", "oc", "pc",
    ]  # fmt: skip


def test_a_leaning_counts_the_tokens_that_lead_to_an_answer() -> None:
    assert parting("26", "28") == ("2", "6.", "8.") and parting("7", "70") == ("7", ".", "0.")
    likeliest = [(" 11", math.log(0.3)), ("1", math.log(0.1)), ("3", math.log(0.2)), ("\n", math.log(0.1))]
    assert leaning(likeliest, "113.", "36.") == pytest.approx(math.log(0.4 / 0.2))
    assert (
        leaning(likeliest, "9.", "36.") == pytest.approx(math.log(0.1 / 0.2)) and leaning(likeliest, "9.", "8.") is None
    )


def test_real_tokens_go_through(tiny) -> None:
    """A random model states no answer, and its prompts are too long for it: both are drops, not failures."""
    ran = run_stage(Debate(model=tiny, engine="transformers", prompting=Prompting(shots=False), max_tokens=8), PROBLEMS)
    assert not ran.failures and len(ran.drops) == 3


@pytest.mark.parametrize(
    ("answers", "winner"),
    [
        (["3", "4", "4.0"], "4"), (["7", "8"], "7"), (["8", "7"], "8"), (["", "5"], "5"), ([], ""), ([""], ""),
        (["b", "a", "A", "B"], "b"), (["7", "7", "5 apples", "5", "5 marbles"], "5"),
        (["7", "7", "5 km", "5 cm"], "7"), (["2", "1/2", r"\frac{1}{2}"], "1/2"), (["3", "3 km", "3000 m"], "3 km"),
    ],
)  # fmt: skip
def test_the_majority_counts_votes_as_the_verifier_compares_them(verifiers, answers, winner) -> None:
    assert majority(answers, lambda one, other: verifiers.same(PROBLEMS[0], one, other)) == winner


def test_an_answer_with_its_unit_contradicts_none_without() -> None:
    def said(claim: str) -> Turn:
        return Turn("proponent", "reply", "I keep to my side.", claim)

    assert not contradictions([said("5 apples"), said("5"), said("5 red apples")])
    assert [found.place for found in contradictions([said("5 km"), said("5 cm")])] == [1]


@pytest.mark.parametrize(
    "answer, others", [("yes", {"no"}), ("False", {"true"}), ("x^2", {"not x^2"}), ("5", set("34567"))]
)
def test_another_answer_is_another(answer, others) -> None:
    drawn = {another(answer, seeds.rng(seed, "t")) for seed in range(40)}
    assert drawn <= others - {answer} and (len(others) < 3 or len(drawn) > 2)


def test_a_turn_that_was_cut_off_ends_with_its_last_whole_sentence() -> None:
    assert whole("One is so.  Two is\nso. Three is", "length") == "One is so. Two is so."
    assert whole("One is", "length") == "One is" and whole("One is so. Two is", "stop") == "One is so. Two is"


@pytest.mark.parametrize(("verifier", "answer"), [("code", ""), ("schema", ""), ("gym", "1 0\n0 1")])
def test_what_no_sentence_can_state_is_not_debated(tiny, scripted, verifier, answer) -> None:
    seen = scripted(debaters)
    problem = Sample(PROBLEM, 0, question="Write it.", answer=answer, domain="d", verifier=verifier, check="{}")
    ran = run_stage(Debate(model=tiny), [problem])
    assert not seen and not ran.samples
    assert [reason for _, reason in ran.drops] == [
        f"an answer of several lines cannot be stood for in a debate: verifier {verifier}"
    ]


@pytest.mark.parametrize("chat", [False, True])
def test_what_the_user_says_is_heard_in_every_request(tiny, scripted, chat) -> None:
    seen = scripted(lambda prompt, request: f"I say so. The answer is {request.seed % 3}.")
    form = Prompting(chat=chat, shots=False, system="Mind the rules.")
    ran = run_stage(Debate(model=tiny, prompting=form), PROBLEMS[:1])
    heads = [one.prompt if isinstance(one.prompt, str) else one.prompt[0].content for one in seen]
    assert len(ran.samples) == 1 and len(heads) > 12
    assert all(head == "Mind the rules." or head.startswith("Mind the rules.\n\n") for head in heads)
