"""Whether every causal sentence of a run names an event of its episode's log, with speed and time within 1 %.

    python -m benchmarks.captions_causes runs/quickstart

The log is the episode's own, found through the lineage, not the copy that captions carry. Besides the project's reader
of sentences, figures are compared by a bare pattern for numbers. Prints JSON; the exit code is 1 if a sentence fails.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from multisynth.captions.check import problem
from multisynth.store import Store

SPEED = re.compile(r"(\d+(?:\.\d+)?) m/s")
LAG = re.compile(r"(\d+(?:\.\d+)?) (ms|s) (?:earlier|later)")


def figures(text: str, rows: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """The greatest relative errors of the speeds and of the lags in a sentence; None if it has no speed or no time."""
    speeds = [float(match[1]) for match in SPEED.finditer(text)]
    lags = [float(match[1]) / (1000 if match[2] == "ms" else 1) for match in LAG.finditer(text)]
    if not speeds or not (lags or " into the clip" in text):
        return None
    logged = [row["speed"] for row in rows if row["speed"] > 0]
    apart = [abs(a["time"] - b["time"]) for a in rows for b in rows if a is not b]
    return (
        max(min(abs(said - one) / one for one in logged) for said in speeds),
        max((min(abs(said - one) / one for one in apart if one > 0) for said in lags), default=0.0),
    )


def main() -> None:
    """Check one run and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run
    store = Store.open(run)
    origin: dict[str, str] = {}
    logs: dict[str, list[dict[str, Any]]] = {}
    captions = []
    for stage in store.stages:
        table = store.table(stage)
        if table.kind.name not in ("caption", "clip", "episode"):
            continue
        for sample in table.samples():
            origin[sample.id] = sample["parents"][0] if sample["parents"] else ""
            if table.kind.name == "episode":
                logs[sample.id] = sample["events"]
            elif table.kind.name == "caption":
                captions.append((stage, sample.id, sample["sentences"]))

    wrong, speed_error, lag_error, checked = [], 0.0, 0.0, 0
    for stage, caption, sentences in captions:
        episode = caption
        while episode not in logs:
            episode = origin[episode]
        log = {row["id"]: row for row in logs[episode]}
        for sentence in sentences:
            if sentence["layer"] != "causal":
                continue
            checked += 1
            complaint = problem(sentence["text"], sentence["events"], logs[episode])
            errors = figures(sentence["text"], [log[event] for event in sentence["events"] if event in log])
            if complaint is not None or errors is None or max(errors) > 0.01:
                wrong.append({"stage": stage, "caption": caption, "text": sentence["text"], "problem": complaint})
            else:
                speed_error, lag_error = max(speed_error, errors[0]), max(lag_error, errors[1])
    report = {
        "command": f"python -m benchmarks.captions_causes {run}",
        "captions": dict(Counter(stage for stage, *_ in captions)),
        "causal_sentences": checked,
        "wrong": wrong,
        "greatest_relative_error": {"speed": speed_error, "lag": lag_error},
        **machine(),
    }
    print(json.dumps(report, indent=2, ensure_ascii=False))
    sys.exit(1 if wrong or not checked else 0)


if __name__ == "__main__":
    main()
