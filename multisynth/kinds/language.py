"""Texts, problems and what language models make of them; and the models."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from multisynth.kinds.column import Column, tensor
from multisynth.kinds.kind import Kind

DOCUMENT = Kind(
    "document",
    {
        "text": Column(pa.string(), "plain text"),
        "source": Column(pa.string(), "where it came from", optional=True),
    },
    text="text",
)

_PROBLEM: Mapping[str, Column] = {
    "question": Column(pa.string(), "as put to the model"),
    "answer": Column(pa.string(), "gold answer; empty where there is none to compare with"),
    "domain": Column(pa.string(), "subject and difficulty, for stratification"),
    "verifier": Column(pa.string(), "who judges an answer: a name of `multisynth.text.verifiers`", optional=True),
    "check": Column(pa.string(), "what that verifier needs besides the gold answer, JSON", optional=True),
}

PROBLEM = Kind("problem", _PROBLEM, text="question")

REASONING = Kind(
    "reasoning",
    {
        **_PROBLEM,
        "completion": Column(pa.string(), "what the model wrote"),
        "attempt": Column(pa.int32(), "0, 1, … among the attempts at one problem"),
        "model": Column(pa.string(), "name of the model"),
        "token_ids": Column(tensor(pa.int32(), "N"), "tokens of the completion, for audits of its watermark"),
        "steps": Column(pa.list_(pa.string()), "of the completion, which is their concatenation", optional=True),
        "values": Column(
            tensor(pa.float64(), "S"), "of the state after each step: expected reward, 0 to 1", optional=True
        ),
    },
    text="completion",
)

MESSAGE = pa.struct(
    [
        ("role", pa.string()),  # system | user | assistant
        ("content", pa.string()),
    ]
)

PREFERENCE = Kind(
    "preference",
    {
        "prompt": Column(pa.list_(MESSAGE), "the conversation up to the answer"),
        "chosen": Column(pa.string(), "the better answer"),
        "rejected": Column(pa.string(), "the worse one"),
        "domain": Column(pa.string(), "subject and difficulty, for stratification"),
        "margin": Column(pa.float64(), "by how much chosen is better, on the scale of `judge`"),
        "judge": Column(pa.string(), "who prefers it: a model's name, `verifier`, `search`"),
        "model": Column(pa.string(), "name of the model that wrote both"),
    },
    text="chosen",
)

NODE = pa.struct(
    [
        ("parent", pa.int32()),  # place in the list, before its own; -1 for the root
        ("text", pa.string()),  # the step; concatenated from the root they are the completion
        ("prior", pa.float64()),  # probability of the whole step under the model among its siblings
        ("visits", pa.int32()),
        ("value", pa.float64()),  # mean reward backed up through it, 0 to 1
        ("ends", pa.bool_()),  # whether the model ended its answer with it
        ("right", pa.bool_()),  # the verifier's verdict where it ends, else null
    ]
)

TREE = Kind(
    "tree",
    {
        **_PROBLEM,
        "nodes": Column(pa.list_(NODE), "of the search, the root first"),
        "rollouts": Column(pa.int32(), "completions that were simulated"),
        "first_right": Column(pa.bool_(), "whether the first rollout was right"),
        "tokens": Column(pa.int64(), "that the search wrote"),
        "model": Column(pa.string(), "name of the model"),
    },
    text="question",
)

TURN = pa.struct(
    [
        ("speaker", pa.string()),  # proponent | opponent | judge
        ("act", pa.string()),  # opening | question | reply | rebuttal | closing | verdict
        ("text", pa.string()),
        ("claim", pa.string()),  # the answer that it stands for, as the verifier reads it; empty for none
        ("contradicts", pa.int32()),  # place of the speaker's own earlier turn that it contradicts; -1 for none
        ("reason", pa.string()),  # what contradicts what; empty for none
    ]
)

DEBATE = Kind(
    "debate",
    {
        **_PROBLEM,
        "turns": Column(pa.list_(TURN), "the transcript"),
        "flagged": Column(pa.bool_(), "whether somebody contradicted an earlier claim of their own"),
        "verdict": Column(pa.string(), "the judge's answer"),
        "right": Column(pa.bool_(), "whether that verifies; null where nothing can be verified", optional=True),
        "tokens": Column(pa.int64(), "that the debate wrote"),
        "vote": Column(pa.string(), "answer of self-consistency (Wang et al. 2023) at as many tokens"),
        "vote_right": Column(pa.bool_(), "whether that verifies", optional=True),
        "votes": Column(pa.list_(pa.string()), "answers that were counted"),
        "vote_tokens": Column(pa.int64(), "that self-consistency wrote"),
        "model": Column(pa.string(), "name of the debaters' model"),
        "judge": Column(pa.string(), "name of the judge's model"),
    },
    text="question",
)

MODEL = Kind(
    "model",
    {
        "base": Column(pa.string(), "what it was trained from: a model's name, a sample's id, `fresh`"),
        "method": Column(pa.string(), "sft | dpo | distil"),
        "step": Column(pa.int64(), "optimiser steps so far"),
        "tokens": Column(pa.int64(), "that it was trained on so far, with repetitions"),
        "losses": Column(tensor(pa.float32(), "S"), "at each step so far, nats"),
        "held_out": Column(pa.float64(), "the method's measure on samples held out; see its docstring", optional=True),
        "prompting": Column(pa.string(), "how questions were put in training: `text.prompting`, JSON", optional=True),
        "files": Column(
            pa.large_binary(), "config, tokenizer and chat template of the checkpoint, JSON: name to text", media=True
        ),
        "weights": Column(pa.large_binary(), "safetensors, as transformers saves them", media=True),
        "moments": Column(pa.large_binary(), "of its optimiser, safetensors", media=True, optional=True),
    },
)
