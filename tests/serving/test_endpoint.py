"""Models behind an endpoint: what is sent, what comes of every answer and every fault, and what it may cost."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from dataclasses import replace

import pytest
from pydantic import ValidationError

from multisynth.errors import BadInput, Hopeless
from multisynth.serving import Completion, LanguageModel, Message, Request, Unfit, Watermark
from multisynth.serving.cache import RequestCache
from multisynth.serving.endpoint import Endpoint, EndpointEngine, NoAnswer, engine, faults, reading, wire
from multisynth.serving.endpoint.pace import Pace
from multisynth.serving.models import resolve
from tests.serving.fake_server import FAULTS, ODDITIES, FakeServer

CHAT = Request((Message("system", "Be brief."), Message("user", "How many?")), max_tokens=20, stop=("\n\n",))
SLOW = ("silence", "stall")
PLAIN = Request("How many? Answer:", max_tokens=20, stop=("\n\n",))


@pytest.fixture(autouse=True)
def short_waits(monkeypatch) -> None:
    monkeypatch.setattr(engine, "FIRST_WAIT", 0.004)
    monkeypatch.setattr(engine, "LONGEST_WAIT", 0.03)
    monkeypatch.setattr(reading, "END", 0.02)


def endpoint(server: FakeServer, **options) -> Endpoint:
    return Endpoint(**{"url": server.url, "name": "fake", "timeout": 60, **options})


def ask(server: FakeServer, *requests: Request, **options) -> list[Completion | BaseException]:
    asked = EndpointEngine(endpoint(server, **options))

    async def all_at_once() -> list[Completion | BaseException]:
        return await asyncio.gather(*map(asked.complete, requests), return_exceptions=True)

    with asyncio.Runner() as runner:
        answers = runner.run(all_at_once())
        asked.close()
    return answers


def one(server: FakeServer, request: Request, **options) -> Completion:
    (answer,) = ask(server, request, **options)
    if isinstance(answer, BaseException):
        raise answer
    return answer


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("request_", [CHAT, PLAIN], ids=["chat", "plain"])
def test_every_field_is_sent_and_every_answer_read(request_, streams) -> None:
    request_ = replace(request_, seed=2**63 - 1, temperature=0.5, top_p=0.9, top_k=7, logprobs=True, alternatives=3)
    with FakeServer(streams=streams, reply=" two and two \n\nare four") as server:
        answer = one(server, request_)
    (sent,) = server.bodies
    assert (sent["temperature"], sent["top_p"], sent["top_k"], sent["max_tokens"]) == (0.5, 0.9, 7, 20)
    assert sent["stop"] == ["\n\n"] and sent["model"] == "fake" and 0 < sent["seed"] < 2**53
    assert answer.text == " two and two " and answer.finish == "stop" and answer.generated == 6
    assert answer.logprobs == (-0.4, -0.4, -0.4, -0.6) and answer.token_ids == ()
    assert answer.alternatives == (((" 0", -2.0), (" 1", -3.0), (" 2", -4.0)),) * 4
    if isinstance(request_.prompt, str):
        assert sent["prompt"] == PLAIN.prompt and server.heads[0].startswith("POST /v1/completions ")
    else:
        assert sent["messages"] == [message._asdict() for message in request_.prompt]
        assert server.heads[0].startswith("POST /v1/chat/completions ")
    assert answer.prompt_tokens == len(json.dumps(sent).split())


def test_an_answer_at_max_tokens_says_so() -> None:
    with FakeServer(reply="one two three four") as server:
        assert one(server, replace(CHAT, max_tokens=3)).finish == "length"
        assert one(server, replace(CHAT, max_tokens=4)).finish == "stop"


def test_a_prefix_is_gone_on_from() -> None:
    with FakeServer(reply="Well, 12.") as server:
        assert one(server, replace(CHAT, prefix="Well,")).text == " 12."
        assert server.bodies[-1]["messages"][-1] == {"role": "assistant", "content": "Well,"}
        assert server.bodies[-1]["continue_final_message"] and not server.bodies[-1]["add_generation_prompt"]
        one(server, replace(PLAIN, prefix=" Well,"))
        assert server.bodies[-1]["prompt"] == "How many? Answer: Well,"


def test_fields_that_a_server_does_not_know_are_left_out_where_that_asks_for_the_same() -> None:
    refuses = ("min_p", "repetition_penalty", "max_tokens", "top_k", "stream_options")
    asked = [replace(CHAT, seed=seed) for seed in range(20)]
    with FakeServer(refuses=refuses[:2] + refuses[3:]) as server:
        answers = ask(server, *asked)
        assert all(isinstance(answer, Completion) for answer in answers)
        assert len(server.delivered) == 20 and set(server.delivered.values()) == {1}
        with pytest.raises(BadInput, match=r"HTTP 400.*top_k"):
            one(server, replace(CHAT, top_k=5))


def test_tokens_are_estimated_aloud_where_a_server_does_not_count(caplog) -> None:
    with FakeServer(usage=False, reply="eight by") as server:
        answer = one(server, PLAIN)
        assert (answer.prompt_tokens, answer.generated) == (5, 2) and "estimated" in caplog.text
        assert one(server, replace(PLAIN, logprobs=True)).generated == 2


def test_what_satisfies_no_schema_is_asked_again_and_then_dropped(tmp_path) -> None:
    schema = json.dumps({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    with FakeServer(reply=("no JSON", '{"n":"x"}', '{"n":5}')) as server:
        answer = one(server, replace(CHAT, schema=schema))
        assert answer.text == '{"n":5}' and answer.generated == 3 + 2 + 2  # words and an end each
        assert server.bodies[0]["response_format"]["json_schema"]["schema"] == json.loads(schema)
        assert len({body["seed"] for body in server.bodies}) == 3
    with FakeServer(reply='{"n":1.5}') as server:
        asked = LanguageModel(resolve(endpoint(server)), cache=RequestCache(tmp_path / "completions.sqlite"))
        for _ in range(2):  # what satisfies no schema is not paid for again either
            with pytest.raises(Unfit, match=r"does not satisfy the schema: n: 1.5 is not of"):
                asyncio.run(asked.complete(replace(CHAT, schema=schema)))
            assert len(server.bodies) == engine.ANSWERS
        asked.close()
        one(server, replace(CHAT, schema=schema, temperature=0))
        assert len(server.bodies) == engine.ANSWERS + 1


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_in_the_end(fault, streams) -> None:
    with FakeServer(always=fault, streams=streams) as server:
        with pytest.raises(NoAnswer, match="gave none in 2 attempts; the last: "):
            one(server, CHAT, attempts=2, timeout=0.2 if fault in SLOW else 60)
        until = time.monotonic() + 60
        while server.given.total() < 2 and time.monotonic() < until:  # the client may give up before it is heard
            time.sleep(0.002)
        assert server.given == {fault: 2} and not server.deliveries


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("oddity", ODDITIES)
def test_a_whole_answer_is_taken_at_the_first_try_however_it_ends(oddity, streams, caplog) -> None:
    asked = [replace(CHAT, seed=seed) for seed in range(8)]
    with FakeServer(always=oddity, streams=streams) as server:
        answers = ask(server, *asked, attempts=2)
        assert [answer.text[:10] for answer in answers] == [" So many, "] * 8
        assert set(server.tries.values()) == {1} and len(server.deliveries) == 8
    assert ("estimated" in caplog.text) == (oddity == "odd counts")
    if oddity != "odd counts":
        assert {answer.generated for answer in answers} == {11}


def test_what_has_no_end_but_a_reason_is_whole(monkeypatch, caplog) -> None:
    """A server that goes silent behind the finish reason, without counts and without `[DONE]`."""
    monkeypatch.setattr(reading, "COUNTS", 0.02)
    monkeypatch.setattr(
        wire.Answer, "event", lambda self, line, take=wire.Answer.event: b"DONE" in line or take(self, line)
    )
    with FakeServer(always="held at the end", usage=False) as server:
        assert one(server, CHAT, attempts=2).text.startswith(" So many")
        assert server.tries.total() == 1


def test_connections_are_used_again() -> None:
    with FakeServer() as server:
        ask(server, *[replace(CHAT, seed=seed) for seed in range(40)], at_once=1)
        assert len(server.deliveries) == 40 and server.connections == 1


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("kind", ["", "Text/Event-Stream; charset=UTF-8"])
@pytest.mark.parametrize("finish", ["eos", "STOP", "end_turn"])
def test_other_servers_ways_to_say_the_same(kind, mark, finish) -> None:
    with FakeServer(kind=kind, mark=mark, finish=finish, reply="one two") as server:
        answer = one(server, CHAT, attempts=1)
        assert (answer.text, answer.finish) == ("one two", "stop")
    with FakeServer(finish="MAX_TOKENS", reply="one two") as server:
        assert one(server, CHAT, attempts=1).finish == "length"


@pytest.mark.parametrize("streams", [True, False])
def test_in_a_storm_of_faults_none_is_lost_and_none_answered_twice(streams) -> None:
    asked = [replace(CHAT if seed % 2 else PLAIN, seed=seed) for seed in range(120)]
    quick = [fault for fault in FAULTS if fault not in SLOW]  # else an answer on a busy machine may be slower
    storm = {fault: 0.01 if fault[0] in "45" else 0.047 for fault in quick} | dict.fromkeys(ODDITIES, 0.02)
    with FakeServer(seed=9, faults=storm, streams=streams) as server:
        answers = ask(server, *asked, attempts=4)
    done = [k for k, answer in enumerate(answers) if isinstance(answer, Completion)]
    failed = [k for k, answer in enumerate(answers) if isinstance(answer, NoAnswer)]
    assert len(done) + len(failed) == 120 and len(failed) >= 2  # 120 · 0.48⁴ = 6 expected
    assert set(server.given) == {*storm, ""}
    seeds = {
        hashlib.sha256(json.dumps(body, ensure_ascii=False).encode()).hexdigest(): body["seed"]
        for body in server.bodies
    }
    assert {seeds[key] for key in server.delivered} == set(done)
    assert set(server.delivered.values()) == {1}
    assert max(server.tries.values()) == 4


def test_what_cannot_be_answered_is_told_at_once_and_without_the_key(monkeypatch, caplog) -> None:
    monkeypatch.setenv("FAKE_KEY", "sk-very-secret")
    requests = [replace(CHAT, seed=seed) for seed in range(50)]
    for status, remedy in (
        (401, "FAKE_KEY"),
        (403, "FAKE_KEY"),
        (404, "no such model"),
        (402, "paid"),
        (302, "redirect"),
        ("400 model", "no such model"),
    ):
        with FakeServer(always=str(status)) as server:
            answers = ask(server, *requests, key="FAKE_KEY")
            assert server.tries.total() <= 8  # those that were on their way together
        assert all(isinstance(answer, Hopeless) and remedy in str(answer) for answer in answers)
        assert "authorization: Bearer sk-very-secret" in server.heads[0]
        told = " ".join([repr(answers), str(answers[0]), caplog.text, repr(endpoint(server, key="FAKE_KEY"))])
        assert "very-secret" not in told
    leaking = json.dumps({"error": {"message": "no: sk-very-secret is odd"}}).encode()
    spoken = faults.refusal(endpoint(server, key="FAKE_KEY"), 418, {}, leaking, frozenset())
    assert "very-secret" not in str(spoken) and "[key] is odd" in str(spoken)


def test_keys_stay_where_they_belong(monkeypatch) -> None:
    monkeypatch.delenv("ABSENT_KEY", raising=False)
    with pytest.raises(BadInput, match="names no environment variable that is set") as absent:
        resolve(Endpoint(url="https://api.example.org/v1", name="m", key="ABSENT_KEY"))
    assert "ABSENT" not in str(absent.value)  # for all that anybody knows, it is the key itself
    monkeypatch.setenv("FAKE_KEY", "sk-very-secret")
    for url in ("http://10.0.0.5:8000/v1", "http://localhost.example.org/v1", "http://[::2]/v1"):
        with pytest.raises(BadInput, match="for everyone on the way to read"):
            resolve(Endpoint(url=url, name="m", key="FAKE_KEY"))
    for url in ("https://api.example.org/v1", "http://localhost:1/v1", "http://127.0.0.2/v1", "http://[::1]/v1/"):
        assert "very" not in repr(resolve(Endpoint(url=url, name="m", key="FAKE_KEY")))
    for url in ("https://user:pass@example.org/v1", "https://example.org/v1?key=k", "ftp://example.org", "https://"):
        with pytest.raises(ValidationError):
            Endpoint(url=url, name="m")
    monkeypatch.setenv("FAKE_KEY", "two\nlines")
    with pytest.raises(BadInput, match="no API key") as caught:
        resolve(Endpoint(url="https://example.org/v1", name="m", key="FAKE_KEY"))
    assert "lines" not in str(caught.value)


def test_a_prompt_too_long_drops_its_sample_alone() -> None:
    for said in (
        "This model's maximum context length is 2048 tokens. However, you requested 3000 tokens.",
        "'max_tokens' is too large: 4096. This model's maximum context length is 2048 tokens and your request has 5",
        "the request exceeds the available context size (512 tokens), try increasing it",
        "`inputs` must have less than 4096 tokens. Given: 5000",
        "Input is too long for requested model.",
        "Please reduce the length of the messages or completion.",
    ):
        body = json.dumps({"error": {"message": said, "type": "invalid_request_error", "code": 400}}).encode()
        spoken = faults.refusal(Endpoint(url="http://x/v1", name="m"), 400, {}, body, frozenset({"max_tokens"}))
        assert isinstance(spoken, Unfit) and said[:20] in spoken.problem


def test_a_refused_prompt_disarms_no_field(caplog) -> None:
    blocked = replace(CHAT, prompt=(Message("user", "min_p top_k stream_options seed max_tokens planted"),))
    with FakeServer(blocks="planted") as server:
        refused, answered = ask(server, blocked, replace(CHAT, seed=5), at_once=1)
        assert isinstance(refused, BadInput) and isinstance(answered, Completion)
        (sent,) = (body for body in server.bodies if "planted" not in str(body))
        assert {"seed", "max_tokens", "min_p", "top_k", "stream_options"} <= set(sent)
    assert not [one for one in caplog.records if one.name.startswith("multisynth")]
    spare = frozenset({"seed", "max_tokens", "top_k"})
    for error, left in (
        ({"message": "Content policy: 'how many seeds; seed, seed' was blocked"}, None),
        ({"message": "max_tokens is too large: 8192"}, None),
        ({"message": "Use max_completion_tokens instead.", "param": "max_tokens"}, "max_tokens"),
        ({"message": "Unrecognized request argument supplied: top_k"}, "top_k"),
        ({"message": "property 'seed' is unsupported"}, "seed"),
        ({"detail": [{"loc": ["body", "top_k"], "msg": "Extra inputs are not permitted"}]}, "top_k"),
        ({"detail": [{"loc": ["body", "seed"], "msg": "Input should be less than 2147483648"}]}, "seed"),
    ):
        spoken = faults.refusal(Endpoint(url="http://x", name="m"), 422, {}, json.dumps(error).encode(), spare)
        assert isinstance(spoken, BadInput) if left is None else spoken.fields == {left}, error


def test_a_watermark_and_a_filter_are_refused() -> None:
    with FakeServer(finish="content_filter") as server:
        with pytest.raises(Hopeless, match="cannot watermark"):
            one(server, replace(CHAT, watermark=Watermark()))
        with pytest.raises(Unfit, match="filter"):
            one(server, CHAT)
        assert len(server.bodies) == 1


def test_an_answer_that_never_ends_is_cut() -> None:
    with FakeServer(reply="x" * (1 << 21)) as server, pytest.raises(NoAnswer, match="too long: over"):
        one(server, CHAT, attempts=2)


def test_no_more_requests_run_than_the_endpoint_bears() -> None:
    asked = [replace(CHAT, seed=seed) for seed in range(150)]
    with FakeServer(capacity=6, pause=0.005) as server:
        answers = ask(server, *asked, attempts=30)
        assert all(isinstance(answer, Completion) for answer in answers)
        assert server.given["429"] < 60 and server.most_at_once >= 6
    with FakeServer(pause=0.005) as server:
        ask(server, *asked, at_once=5)
        assert server.most_at_once == 5


def test_the_pace_doubles_then_halves_once_a_round_and_grows_by_one() -> None:
    async def run() -> list[float]:
        pace, limits = Pace(64), []
        for _ in range(8):
            pace.answered()
        limits.append(pace.limit)
        async with pace as sent:
            pace.objected(sent, 0.0)
            limits.append(pace.limit)
            pace.objected(sent - 1, 0.0)  # sent before the pace was halved
            limits.append(pace.limit)
        for _ in range(9):
            pace.answered()
        limits.append(pace.limit)
        for _ in range(2100):
            pace.answered()
        limits.append(pace.limit)
        return limits

    first, halved, same, grown, most = asyncio.run(run())
    assert (first, halved, same, most) == (16, 8, 8, 64) and 8.9 < grown < 9.2


def test_retry_after_holds_everything_back() -> None:
    with FakeServer(faults={"429 wait": 0.3}, seed=3) as server:
        answers = ask(server, *[replace(CHAT, seed=seed) for seed in range(30)], attempts=30)
    assert all(isinstance(answer, Completion) for answer in answers) and server.given["429 wait"] >= 3
    assert faults._wait("120") == 120 and faults._wait("soon") == faults._wait("nan") == faults._wait("") == 0
    assert faults._wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    spoken = faults.refusal(Endpoint(url="http://x", name="m"), 429, {"retry-after": "99999"}, b"", frozenset())
    assert isinstance(spoken, Hopeless)


@pytest.mark.parametrize("key", ["gsk_0123456789abcdefghij", "sk-proj-0123456789abcdefghij", "AKIA0123456789ABCDEF"])
def test_a_key_in_place_of_its_variable_is_not_told(key: str) -> None:
    for url in ("https://api.example.org/v1", "http://api.example.org/v1"):
        with pytest.raises(ValidationError, match="must be the name of an environment variable") as told:
            Endpoint(url=url, name="m", key=key)
        assert key[:4] not in str(told.value)


def test_where_nobody_listens_the_first_to_give_up_says_so_for_all() -> None:
    with FakeServer() as server:
        url = server.url
    asked = EndpointEngine(Endpoint(url=url, name="m", attempts=4, at_once=2))

    async def all_at_once() -> list[Completion | BaseException]:
        requests = (replace(PLAIN, seed=k) for k in range(50))
        return await asyncio.gather(*map(asked.complete, requests), return_exceptions=True)

    with asyncio.Runner() as runner:
        answers = runner.run(all_at_once())
        asked.close()
    assert {type(answer) for answer in answers} == {Hopeless}
    assert {str(answer) for answer in answers} == {str(answers[0])}
    assert "m at http://127.0.0.1:" in str(
        answers[0]
    ) and "cannot be reached: 4 attempts ended with ConnectError" in str(answers[0])


def test_an_endpoint_that_was_there_once_fails_requests_alone() -> None:
    with FakeServer() as server:
        asked = EndpointEngine(endpoint(server, attempts=2))
        runner = asyncio.Runner()
        assert isinstance(runner.run(asked.complete(PLAIN)), Completion)
    with runner:
        with pytest.raises(NoAnswer, match="gave none in 2 attempts; the last: "):
            runner.run(asked.complete(CHAT))
        asked.close()
