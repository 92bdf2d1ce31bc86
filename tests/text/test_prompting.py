"""How questions are put: where an answer ends, and who says what before."""

import pytest
from multisynth.text.attempt import Attempt
from multisynth.text.problems.arithmetic import Arithmetic
from multisynth.text.prompting import Prompting

from multisynth.serving import Message
from multisynth.testing import run_stage
from tests.serving.fake_server import FakeServer

PROBLEM = {"question": "Why?", "domain": "ethics"}


@pytest.mark.parametrize(
    ("given", "ends"),
    [({}, ("\n\n",)), ({"chat": True}, ()), ({"chat": True, "stop": ["\n"]}, ("\n",)), ({"stop": []}, ())],
)
def test_a_chat_answer_may_have_paragraphs_and_a_plain_one_ends_before_the_next_question(given, ends) -> None:
    form = Prompting(**given)
    assert form.ends == Prompting.model_validate_json(form.model_dump_json()).ends == ends
    with FakeServer() as server:
        problems = run_stage(Arithmetic(problems=1), name="problems").samples
        run_stage(Attempt(model={"url": server.url, "name": "fake"}, attempts=1, prompting=form), problems)
        assert [tuple(body.get("stop") or ()) for body in server.bodies] == [ends]


def test_what_the_user_says_comes_before_everything() -> None:
    assert Prompting(system="Be brief.", shots=False).prompt(PROBLEM) == "Be brief.\n\nQuestion: Why?\nAnswer:"
    chat = Prompting(system="Be brief.", shots=False, chat=True).prompt(PROBLEM)
    assert chat == (Message("system", "Be brief."), Message("user", "Why?"))
