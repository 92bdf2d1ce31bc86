"""Curves of training against the numbers that they show."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from markupsafe import Markup

from multisynth import report
from multisynth.kinds import POLICY
from multisynth.report.policies import training, trainings
from multisynth.report.tables import accounts
from tests.report.drawn import caption
from tests.report.hostile import HOSTILE
from tests.report.stages.robots import dimension


def shown(drawing: Markup, title: str) -> tuple[np.ndarray, np.ndarray]:
    """The points of the line of that title, in the units of the axes, as told by the ticks. [N] each"""
    root = ElementTree.fromstring(str(drawing))
    texts = [text for text in root.iter("text") if text.attrib["class"] == "tick"]
    scales = []
    for axis, anchor, other in (("x", "middle", 0.0), ("y", "end", 3.5)):
        mine = [text for text in texts if text.attrib["text-anchor"] == anchor]
        places = [float(text.attrib[axis]) - other for text in mine]
        values = [float((text.text or "").split()[0]) for text in mine]
        scales.append(np.polyfit(places, values, 1))
    line = next(p for p in root.iter("path") if any(t.text == title for t in p.iter("title")))
    points = np.array([[float(v) for v in pair.split()] for pair in line.attrib["d"][1:].split("L")])
    return np.polyval(scales[0], points[:, 0]), np.polyval(scales[1], points[:, 1])


def test_curves_go_over_the_episodes_practised(make: Callable[..., Any]) -> None:
    store, _ = make({"practised": {"use": "report.practise", "words": "loss"}})
    found = training(store.table("practised"))
    assert found is not None
    drawn = {caption(curve).partition(",")[0]: curve for curve in found.curves}
    assert list(drawn) == ["success", "reward", "entropy", "loss"]
    expected = {
        "success": [0, 0.2, 0.4, 0.6, 0.8],
        "reward": [0, 0.1, 0.2, 0.3, 0.4],
        "loss": [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5],
    }
    for name, values in expected.items():
        x, y = shown(drawn[name], name)
        assert x == pytest.approx([100, 200, 300, 400, 500], abs=2)
        assert y == pytest.approx(values, abs=0.01)
    x, y = shown(drawn["entropy"], "entropy")
    assert x == pytest.approx([300, 400, 500], abs=2), "it has no value before all parameters have opened"
    widths = [(0.2, 1.0), (0.3, 2.0), (0.4, 3.0)]
    assert y == pytest.approx([np.log(pair).mean() for pair in widths], abs=0.01)
    assert "begins at 300 episodes" in found.note and "−∞" in found.note
    facts = dict(found.facts)
    assert facts["practised"] == "500 episodes, 10,000 steps"
    assert facts["success"] == "80 % in the last iteration, 80 % in the best"


def test_bounds_open_around_the_calibrated_value(make: Callable[..., Any]) -> None:
    store, _ = make({"practised": {"use": "report.practise"}})
    found = training(store.table("practised"))
    assert found is not None
    assert [(panel.name, panel.note) for panel in found.bounds] == [
        ("a", "0.4 to 0.8, calibrated 0.6"), ("b", "0 to 3, calibrated 0"),
    ]  # fmt: skip
    for panel, calibrated in zip(found.bounds, (0.6, 0.0), strict=True):
        for side in ("low", "high"):
            x, y = shown(panel.drawing, side)
            assert x == pytest.approx([0, 100, 200, 300, 400, 500], abs=3), "before any practice it had not opened"
            assert y == pytest.approx([calibrated, *(dimension(panel.name, n)[side] for n in range(5))], abs=0.02)
        _, still = shown(panel.drawing, f"calibrated: {calibrated:g}")
        assert still == pytest.approx([calibrated] * 2, abs=0.02)
    [first, _] = found.buffers
    assert (first.calibrated, first.low, first.high) == ("0.6", "0.4", "0.8")
    assert (first.at_low, first.at_high) == ("0.50 in 3", "–")


def test_a_parameter_that_never_opened_is_named(make: Callable[..., Any]) -> None:
    store, _ = make({"practised": {"use": "report.practise", "count": 2}})
    found = training(store.table("practised"))
    assert found is not None
    assert [caption(curve).partition(",")[0] for curve in found.curves] == ["success", "reward", "push"]
    assert found.note.endswith("Not opened: b.")


@pytest.mark.parametrize(
    ("curriculum", "drawn"),
    [
        (HOSTILE, 0), ("[]", 0), ('{"dimensions": 3}', 0), ("[" * 100_000, 0),
        ('{"dimensions": {"a": [], "b": {"low": "x", "high": 1}}, "base": []}', 0),
        ('{"dimensions": {"a": {"low": NaN, "high": 1e999}}}', 0),
        (json.dumps({"dimensions": {HOSTILE: {"low": -1e200, "high": 1e200, "at_low": HOSTILE}}, "base": [1]}), 1),
    ],
)  # fmt: skip
def test_curricula_bear_nonsense(make: Callable[..., Any], curriculum: str, drawn: int) -> None:
    store, _ = make({"practised": {"use": "report.practise", "count": 2, "curriculum": curriculum}})
    found = training(store.table("practised"))
    assert found is not None
    assert len(found.bounds) == drawn
    for panel in found.bounds:
        ElementTree.fromstring(str(panel.drawing))


def test_policies_are_shown_where_they_were_trained(make: Callable[..., Any]) -> None:
    store, _ = make(
        {
            "practised": {"use": "report.practise", "count": 3},
            "best": {"use": "curate.last", "from": "practised"},
            "idle": {"use": "report.practise", "count": 0},
        }
    )
    found = accounts(store)
    assert [account.name for account in trainings(found.values())] == ["practised"]
    page = report.write(store).read_text("utf-8")
    section = page[page.index('<section id="policies">') :].partition("</section>")[0]
    assert re.findall(r'<span class="stage">(\w+)', section) == ["practised"]


def test_media_are_left_where_they_are(make: Callable[..., Any], columns_read: list[str]) -> None:
    store, _ = make({"practised": {"use": "report.practise"}})
    columns_read.clear()
    report.write(store)
    assert "curriculum" in columns_read
    assert not set(columns_read) & set(POLICY.media)
