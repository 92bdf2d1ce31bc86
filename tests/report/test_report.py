"""The page: complete, self-contained, harmless whatever the data say, and the same when written again."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from multisynth import Recipe, report, run
from multisynth.energy import Meter
from multisynth.lineage import rollback
from multisynth.report import page
from multisynth.store import Store
from tests.report import stages  # noqa: F401 — registers them
from tests.report.hostile import HOSTILE

BLOCKS: dict[str, dict[str, Any]] = {
    "rollouts": {"use": "report.episodes", "words": HOSTILE},
    "practised": {"use": "report.practise", "words": HOSTILE},
    "clips": {"use": "report.film", "from": "rollouts"},
    "captions": {"use": "report.tell", "from": "clips", "words": HOSTILE},
    "photos": {"use": "report.photos", "words": HOSTILE},
    "views": {"use": "report.register", "from": "photos", "words": HOSTILE},
    "volumes": {"use": "report.volumes", "words": HOSTILE},
    "places": {"use": "report.places", "words": HOSTILE},
    "filmed": {"use": "report.shoot", "of": "places", "count": 2, "words": HOSTILE},
    "foggy": {"use": "report.weather", "from": "filmed", "by": 50, "words": HOSTILE},
    "flown": {"use": "report.shoot", "of": "volumes", "count": 1, "words": HOSTILE},
    "problems": {"use": "report.ask", "words": HOSTILE},
    "answers": {"use": "report.solve", "from": "problems"},
    "checked": {"use": "report.check", "from": "answers", "errors": 1.0},
    "graded": {"use": "report.grade", "from": "answers", "words": HOSTILE},
    "rationales": {"use": "report.route", "from": "problems", "words": HOSTILE},
    "debates": {"use": "report.debate", "from": "problems", "words": HOSTILE},
    "trees": {"use": "report.search", "from": "problems", "words": HOSTILE},
    "pairs": {"use": "report.prefer", "from": "problems", "words": HOSTILE},
    "tuned": {"use": "report.train", "words": HOSTILE},
}


class Page(HTMLParser):
    """All elements with their attributes, and the text outside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag if tag in self.raw else self._inside

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag in self.raw else self._inside

    def handle_data(self, data: str) -> None:
        (self.raw[self._inside] if self._inside else self.texts).append(data)

    def all(self, tag: str, css: str = "") -> Iterator[dict[str, str]]:
        return (
            attributes
            for name, attributes in self.elements
            if name == tag and css in ["", *attributes.get("class", "").split()]
        )

    @property
    def ids(self) -> set[str]:
        return {attributes["id"] for _, attributes in self.elements if "id" in attributes}


class Hundred:
    """A meter that tells 100 J at every reading."""

    name = "hundred"

    def used(self) -> float:
        return 100.0


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("report") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("multisynth.execute.meter", lambda: Meter([Hundred()]))
        run(Recipe.of({"name": "whole", "seed": 3, "stages": BLOCKS}), folder)
    return Store.open(folder)


@pytest.fixture(scope="module")
def html(store: Store) -> str:
    return report.write(store).read_text("utf-8")


@pytest.fixture(scope="module")
def parsed(html: str) -> Page:
    return Page(html)


def test_every_kind_has_its_section(parsed: Page) -> None:
    sections = {
        "overview",
        "stages",
        "dropped",
        "failures",
        "clips",
        "photos",
        "volumes",
        "scenes",
        "frames",
        "episodes",
        "policies",
        "accuracy",
        "models",
        "trees",
        "debates",
        "preferences",
        "texts",
        "watermark",
        "measured",
        "lineage",
        "licences",
    }
    assert sections <= parsed.ids
    assert not {"exports", "rollbacks"} & parsed.ids
    assert {a["href"][1:] for a in parsed.all("a")} <= parsed.ids, "no link leads nowhere"


def test_hostile_data_stay_text(html: str, parsed: Page) -> None:
    words = "".join(parsed.texts)
    assert words.count("<script>alert(1)</script>") > 20, "it is shown, as text"
    assert "{{ 7*7 }}" in words, "and not expanded"
    assert sum(1 for _ in parsed.all("script")) == 1
    own = (Path(page.__file__).parent / "report.js").read_text()
    assert "".join(parsed.raw["script"]) == own
    known = {"svg", "title", "img", "video", "a", "script", "style", "meta"}
    assert known <= {tag for tag, _ in parsed.elements}
    for tag, attributes in parsed.elements:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert tag not in {"iframe", "object", "embed", "link", "base", "form", "foreignobject", "image", "use"}
    assert html.count("<!doctype html>") == 1


def test_nothing_is_loaded_from_anywhere(html: str, parsed: Page) -> None:
    for tag, attributes in parsed.elements:
        for name in ("src", "href", "poster", "xlink:href", "srcset", "action"):
            if name in attributes:
                assert attributes[name].startswith("#" if tag == "a" else "data:"), (tag, attributes[name][:60])
    assert "url(" not in html.split("</style>")[0]
    assert "@import" not in html
    policy = next(meta["content"] for meta in parsed.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "http://" not in html
    assert "https://" not in html


def test_the_video_in_the_page_is_the_one_in_the_store(store: Store, parsed: Page) -> None:
    stored = {sample["video"] for sample in store.table("clips").samples()}
    shown = [base64.b64decode(video["src"].partition(",")[2]) for video in parsed.all("video")]
    assert len(shown) == 8
    assert set(shown) <= stored
    assert all(video["src"].startswith("data:video/mp4;base64,") for video in parsed.all("video"))


def test_sentences_and_events_carry_the_moment_of_the_video(parsed: Page) -> None:
    buttons = [button for button in parsed.all("button") if "data-seek" in button]
    moments = {(button.get("data-event"), button["data-seek"]) for button in buttons if "data-event" in button}
    assert moments == {("e0", "0.5000"), ("e1", "1.5000")}, "the episode's clock starts at 3 s, the video's at 0"
    told = {
        (button["data-seek"], button["data-until"], button.get("data-events"))
        for button in buttons
        if "data-until" in button
    }
    assert told == {("0.0000", "0.2000", None), ("0.0000", "1.9000", "e0 e1"), ("0.5000", "1.5000", "e0")}
    assert any(title.get("title") == "not in the clip's log" for title in parsed.all("span", "alarm")), (
        "e7 is in no log"
    )


def test_numbers_of_the_run_are_in_the_page(store: Store, parsed: Page) -> None:
    text = " ".join(" ".join(parsed.texts).split())
    assert "of 20 inputs dropped" in text
    assert "RuntimeError" not in text
    assert "ValueError" in text
    assert "Traceback (most recent call last)" in text
    # 20 problems: 0 is dropped, 6 have one attempt, 4 and 5 fail, and 11 lose their third attempt of z = 6
    assert "Of 28 texts, 11 (39.3 %) have z above 4" in text
    assert "sha256:" + "ab" * 32 in text
    assert "Apache-2.0" in text
    tables = [store.shelf(name).ledger(["joules"]) for name in BLOCKS]
    joules = sum(value for table in tables for value in table["joules"].to_pylist() if value is not None)
    assert joules > 0 and f"{joules:.4g} J measured energy" in text


def test_the_same_page_again(store: Store, html: str) -> None:
    assert report.write(store).read_text("utf-8") == html


def test_the_page_has_a_limit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_VIDEO", 4000)
    monkeypatch.setattr(page, "_PICTURES", 3000)
    monkeypatch.setattr(page, "_THUMBNAILS", 1000)
    small = Page(page.render(store))
    assert sum(1 for _ in small.all("video")) < 8
    assert "its first frame only" in "".join(small.texts)
    assert sum(len(image["src"]) for image in small.all("img", "")) < 20000


def test_broken_media_are_said_to_be_broken(tmp_path: Path) -> None:
    run(
        Recipe.of({"name": "broken", "stages": {"shots": {"use": "report.shoot", "count": 3, "broken": True}}}),
        tmp_path / "run",
    )
    store = Store.open(tmp_path / "run")
    html = report.write(store).read_text("utf-8")
    text = "".join(Page(html).texts)
    problems = {"not a PNG": 8, "not a TIFF": 7, "not an EXR": 1}
    assert {problem: text.count(problem) for problem in problems} == {problem: 3 * n for problem, n in problems.items()}
    assert report.write(store).read_text("utf-8") == html


def test_a_run_that_made_nothing(tmp_path: Path) -> None:
    blocks = {
        "photos": {"use": "report.photos", "count": 0},
        "views": {"use": "report.register", "from": "photos"},
        "volumes": {"use": "report.volumes", "count": 0},
        "frames": {"use": "report.shoot", "of": "volumes", "count": 0},
        "foggy": {"use": "report.weather", "from": "frames"},
        "places": {"use": "report.places", "count": 0},
        "episodes": {"use": "report.episodes", "count": 0},
        "clips": {"use": "report.film", "from": "episodes"},
        "poisoned": {"use": "test.poison", "from": "texts", "text": "document 0", "errors": 0},
        "texts": {"use": "test.count", "count": 1},
        "after": {"use": "test.pass", "from": "poisoned"},
    }
    result = run(Recipe.of({"name": "nothing", "stages": blocks}), tmp_path / "run")
    assert result.states["after"] == "blocked"
    shown = Page(report.write(Store.open(tmp_path / "run")).read_text("utf-8"))
    assert {"stages", "failures"} <= shown.ids
    assert not {"clips", "episodes", "frames", "photos", "volumes", "scenes"} & shown.ids
    assert "blocked" in shown.texts


def test_what_was_rolled_back_is_told(tmp_path: Path) -> None:
    run(Recipe.of({"name": "back", "stages": {"texts": {"use": "test.count", "count": 9}}}), tmp_path / "run")
    store = Store.open(tmp_path / "run")
    victim = next(store.table("texts").samples()).id
    rollback(store, victim, HOSTILE)
    shown = Page(report.write(store).read_text("utf-8"))
    assert "rollbacks" in shown.ids
    assert HOSTILE in "".join(shown.texts)
    assert sum(1 for _ in shown.all("script")) == 1
