"""Drawings against the numbers that they show."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from multisynth.report.charts import Mark, bars, curves, histogram
from multisynth.report.distributions import audit, leaves, panels
from multisynth.report.episodes import _stem, episodes
from multisynth.report.flow import flow
from multisynth.report.maps import plan
from multisynth.report.svg import thin, ticks
from multisynth.report.tables import Account
from tests.report import stages  # noqa: F401 — registers them
from tests.report.drawn import caption, parse, titles
from tests.report.hostile import HOSTILE


def test_a_histogram_shows_what_numpy_counts() -> None:
    rng = np.random.default_rng(1)
    groups = {"yes": rng.normal(size=300), "no": rng.normal(2, 1, 200)}
    drawn = histogram(groups, HOSTILE)
    shown = {"yes": 0, "no": 0}
    heights = []
    for rect in parse(drawn).iter("rect"):
        title = rect.find("title")
        assert title is not None and title.text is not None
        low, high, count, name = re.fullmatch(r"(\S+) … (\S+): (\d+) (\w+)", title.text).groups()  # type: ignore[union-attr]
        inside = (groups[name] >= float(low) - 1e-4) & (groups[name] <= float(high) + 1e-4)
        assert abs(int(count) - inside.sum()) <= 2, "edges are shown to six figures"
        shown[name] += int(count)
        heights.append((float(rect.attrib["height"]), int(count)))
    assert shown == {"yes": 300, "no": 200}
    ratios = np.array([height / count for height, count in heights])
    assert np.ptp(ratios) / ratios.mean() < 0.02, "areas are in proportion"


def test_what_spans_ratios_has_bins_of_one_ratio() -> None:
    values = np.geomspace(20, 5000, 80)
    [panel] = panels({"visibility": {"": values.tolist()}}, [""], 80)
    assert panel.note == "20 to 5000, median 316.4; logarithmic"
    edges = []
    for title in titles(panel.drawing):
        if found := re.fullmatch(r"(\S+) … (\S+): (\d+)", title):
            low, high, count = (float(number) for number in found.groups())
            edges.append(high / low)
            assert abs(((values >= low) & (values <= high)).sum() - count) <= 1
    assert len(edges) > 10 and edges == pytest.approx([edges[0]] * len(edges), rel=1e-3)
    shown = [text.text for text in parse(panel.drawing).iter("text")]
    assert shown[:-1] == ["20", "50", "100", "200", "500", "1000", "2000", "5000"]
    [even] = panels({"mass": {"": np.linspace(0.1, 1, 80).tolist()}}, [""], 80)
    assert "logarithmic" not in even.note


@pytest.mark.parametrize("values", [[], [3.0], [3.0, 3.0], [0.0, 1e-300], [-1e200, 1e200]])
def test_histograms_of_odd_values_are_drawn(values: list[float]) -> None:
    parse(histogram({"": np.array(values)}, "odd"))


def test_bars_count_named_values() -> None:
    drawn = bars({"a": {HOSTILE: 3, "felt": 1}, "b": {"felt": 4}}, "surface")
    assert {"felt: 1 a", "felt: 4 b", f"{HOSTILE}: 3 a"} <= set(titles(drawn))


def test_a_plan_has_one_scale_for_both_axes() -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    drawn = parse(plan({HOSTILE: square}, [Mark(0, (0.5, 0.5), "hit"), Mark(0, None, "nowhere")]))
    line = next(p for p in drawn.iter("path") if "s0" in p.attrib.get("class", "").split())
    points = np.array([[float(v) for v in pair.split()] for pair in line.attrib["d"][1:].split("L")])
    sides = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert sides == pytest.approx(sides[0], abs=0.2)
    assert points[2, 1] < points[1, 1], "y goes up"
    assert sum(p.attrib.get("class") == "cross" for p in drawn.iter("path")) == 1


def test_curves_bear_nonsense() -> None:
    times = np.arange(5.0)
    parse(
        curves(
            times,
            {"a": np.array([0, np.inf, np.nan, 1, 2])},
            "a (m)",
            [Mark(np.nan, None, "x"), Mark(2.0, None, HOSTILE)],
        )
    )
    assert curves(times[:0], {"a": times[:0]}, "none") == ""


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0.13, 0.92).tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert not np.signbit(ticks(-1, 1)).any() or (ticks(-1, 1) == [-1, -0.5, 0, 0.5, 1]).all()
    assert str(ticks(-1.0, 1.0)[2]) == "0.0"


def test_thinning_is_even_and_keeps_both_ends() -> None:
    assert thin(100, 5).tolist() == [0, 25, 50, 74, 99]
    assert thin(3, 5).tolist() == [0, 1, 2]
    assert thin(0, 5).tolist() == []


def test_the_flow_tells_every_count() -> None:
    accounts = {
        "a": Account("a", "x.y", "document", [], "done", inputs=1000, kept=1000, outputs=1000),
        "b": Account(
            "b", HOSTILE, "document", ["a"], "done", inputs=1000, kept=600, dropped=300, failed=100, outputs=600
        ),
        "c": Account("c", "x.z", "document", ["a", "b"], "done", inputs=1600, kept=1600, outputs=1600),
    }
    drawn = flow(accounts, {"out": {"to": "jsonl", "from": "b"}}, {"out": 600})
    said = titles(drawn)
    assert f"b ({HOSTILE}): 1,000 inputs, 600 kept, 300 dropped, 100 failed, 600 samples" in said
    assert said.count("1,000 samples") == 2 and said.count("600 samples") == 2
    whole = parse(drawn)
    assert "jsonl · 600 records" in [text.text for text in whole.iter("text")]
    widths = {
        rect.attrib["class"]: float(rect.attrib["width"])
        for rect in whole.iter("rect")
        if rect.attrib["class"] in ("dropped", "bad")
    }
    assert widths["dropped"] == pytest.approx(3 * widths["bad"], abs=0.02)
    nodes = [float(rect.attrib["x"]) for rect in whole.iter("rect") if rect.attrib["class"] == "node"]
    assert nodes == sorted(nodes) and len(set(nodes)) == 3, "each layer stands right of what feeds it"


def test_an_episode_shows_what_moved(make: Callable[..., Any]) -> None:
    store, _ = make({"rollouts": {"use": "report.episodes", "count": 1, "words": "push"}})
    [view] = episodes(store.table("rollouts"), 1)
    assert "arm: hand" in view.plan and "red ball" in view.plan
    assert "base" not in view.plan, "of a robot, only the part that goes farthest"
    captions = [caption(curve) for curve in view.curves]
    assert captions == ["reward", "hand (push)"], "a state that never varies has no chart"
    assert view.events[0] == ("3.50 s", "impact", "arm → red ball", "1.5 m/s", "0.2 N·s")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("joint3.position (rad)", "joint.position (rad)"), ("hand.x (m)", "hand (m)"), ("hand.qw", "hand orientation"),
        ("gripper.opening [m]", "gripper.opening [m]"), ("(m)", "(m)"), ("x", "x"),
    ],
)  # fmt: skip
def test_states_are_grouped_by_quantity(name: str, stem: str) -> None:
    assert _stem(name) == stem


def test_panels_put_plain_quantities_first_and_leave_out_what_never_varies() -> None:
    values: dict[str, dict[str, list[Any]]] = {
        "light.0": {"": [0.1, 0.2]}, "camera.fov": {"": [40.0, 50.0]}, "mass": {"": [1, 2, float("nan")]},
        "light_azimuth": {"": [1.0, 2.0]}, "ball.mass": {"": [1.0, 2.0]}, "gravity": {"": [9.8, 9.8]},
        "object": {"": ["ball", "block"]}, "odd": {"": [None, [1]]}, "huge": {"": [10**400, 1]},
    }  # fmt: skip
    drawn = panels(values, [""], 3)
    assert [p.name for p in drawn] == ["mass", "object", "ball.mass", "light_azimuth", "camera.fov", "light.0"]
    assert [p.note for p in drawn][:2] == ["1 to 2, median 1.5", "2 values; 2 times"]


def test_numbered_things_go_together_and_schedules_give_all_their_values(make: Callable[..., Any]) -> None:
    drawn = {"block0.mass": 1.0, "block1.mass": 2.0, "camera0.fov": 40.0, "friction.schedule": [[0.5, 0.3], [1.0, 0.9]]}
    store, _ = make({"drawn": {"use": "report.practise", "count": 2, "curriculum": json.dumps(drawn)}})
    assert leaves(store.table("drawn"), "curriculum") == {
        "block….mass": {"": [1.0, 1.0, 2.0, 2.0]}, "camera0.fov": {"": [40.0, 40.0]},
        "friction.schedule": {"": [0.3, 0.9, 0.3, 0.9]},
    }  # fmt: skip


def test_the_audit_counts_scores_above_the_threshold() -> None:
    found = audit({"watermark_z": {"": [1.0, 3.9, 4.1, 9.0, None, "high"]}, "other": {"": [5.0]}})
    assert found is not None
    assert (found.texts, found.detected) == (4, 2)
    assert found.median == pytest.approx(4.0)
    assert audit({"other": {"": [5.0]}}) is None
