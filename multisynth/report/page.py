"""Collects what the page shows and renders it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from markupsafe import Markup

from multisynth.lineage import held_back
from multisynth.report import words
from multisynth.report.accuracy import graded
from multisynth.report.clips import ClipView, clips
from multisynth.report.debates import Transcript, contests, transcripts
from multisynth.report.distributions import ROWS, Audit, Panel, audit, leaves, panels
from multisynth.report.episodes import EpisodeView, Growth, Outcome, episodes, growth, outcomes
from multisynth.report.examples import Chain, Example, chain, dropped, kept
from multisynth.report.flow import flow
from multisynth.report.gallery import FrameView, frames
from multisynth.report.models import models
from multisynth.report.overlays import LAYERS
from multisynth.report.pairs import Margins, Pair, margins, pairs
from multisynth.report.photos import PhotoView, photos, views
from multisynth.report.picks import Budget
from multisynth.report.policies import names, training, trainings
from multisynth.report.prose import parts
from multisynth.report.rounds import folded, home_of, last_rounds, rounds
from multisynth.report.scenes import SceneView, contents, scenes
from multisynth.report.spread import spread
from multisynth.report.svg import legend
from multisynth.report.tables import Account, accounts, last_of_kind, licences, upstream
from multisynth.report.trees import TreeView, searches, trees
from multisynth.report.versions import Version, versions
from multisynth.report.volumes import VolumeView, volumes

if TYPE_CHECKING:
    from multisynth.store import Store
    from multisynth.tables import Table

_HERE = Path(__file__).parent
_PICTURES, _THUMBNAILS, _VIDEO = 4_500_000, 1_500_000, 8_000_000  # bytes in the page
_SUCCESS = ["succeeded", "did not"]
_FRAMES, _CLIPS, _EPISODES, _TASKS, _TEXTS, _ASKED, _REASONS, _CHAINS = 10, 8, 6, 12, 8, 3, 8, 3
_VERSIONS, _OF_MANY = 2, 3
_OWN_SECTIONS = (
    "caption",
    "episode",
    "policy",
    "photo",
    "view",
    "volume",
    "scene",
    "debate",
    "tree",
    "preference",
    "model",
)


@dataclass
class Shown:
    """A final table and what of it is shown."""

    account: Account
    total: int
    frames: list[FrameView] = field(default_factory=list)
    clips: list[ClipView] = field(default_factory=list)
    spread: list[Panel] = field(default_factory=list)
    photos: list[PhotoView] = field(default_factory=list)
    volumes: list[VolumeView] = field(default_factory=list)
    scenes: list[SceneView] = field(default_factory=list)
    episodes: list[EpisodeView] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    parameters: list[Panel] = field(default_factory=list)
    texts: list[Example] = field(default_factory=list)
    transcripts: list[Transcript] = field(default_factory=list)
    trees: list[TreeView] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    margins: Margins | None = None
    measured: list[Panel] = field(default_factory=list)
    audit: Audit | None = None


def render(store: Store) -> str:
    """The page."""
    info, every = store.info, accounts(store)
    loops = rounds(info)
    stages, finals = folded(every, loops), last_of_kind(every)
    ends = last_rounds(finals, loops)
    video, thumbnails = Budget(_VIDEO), Budget(_THUMBNAILS)
    tables = sum(account.kind == "episode" for account in ends)
    shown = [_shown(store, account, video) for account in ends]
    began, changes = _show_frames(store, shown, every)
    for one in shown:
        _show_places(store, one, every, thumbnails)
        _show_text(store, one)
    for one in shown:
        if one.account.kind == "episode":
            _show_episodes(one, store.table(one.account.name), names(store, every, one.account.name), tables)
    if not any(view.captions for one in shown for view in one.clips):  # else they stand beside their clips
        for one in shown:
            if one.account.kind == "caption":
                one.texts = kept(store.table(one.account.name), _TEXTS)
    context = {
        "info": info,
        "accounts": stages,
        "turns": [every[name] for names in loops.values() for name in names],
        "finals": finals,
        "shown": shown,
        "galleries": [*began, *(one for one in shown if one.account.kind == "frame")],
        "changes": changes,
        "layers": _layers([*began, *shown]),
        "trainings": [(account, training(store.table(account.name))) for account in trainings(every.values())],
        "growths": list(_growths(store, every)),
        "graded": list(graded(store, stages, every)),
        "models": list(models(store, stages, every)),
        "searches": searches(store, every),
        "contests": contests(store, every),
        "flow": flow(stages, home_of(info.get("exports", {}), loops), _exported(store, info)),
        "costs": [_cost(stages, account) for account in stages.values() if account.inputs],
        "dropped": {
            name: list(dropped(store, account, _REASONS)) for name, account in stages.items() if account.reasons
        },
        "failures": [(account, failure) for account in stages.values() for failure in account.failures],
        "artifacts": _artifacts(store),
        "licences": licences(store, finals),
        "exports": _exports(store, info),
        "chains": _chains(store, ends),
        "rollbacks": _rollbacks(store),
        "recipe": yaml.safe_dump(info.get("recipe", {}), sort_keys=False, allow_unicode=True),
        "success_legend": legend(_SUCCESS),
        "style": Markup((_HERE / "report.css").read_text("utf-8")),
        "script": Markup((_HERE / "report.js").read_text("utf-8")),
    }
    return _environment().get_template("report.html").render(context)


def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        count=words.count,
        plural=words.plural,
        seconds=words.seconds,
        size=words.size,
        number=words.number,
        excerpt=words.excerpt,
        parts=parts,
    )
    return environment


def _shown(store: Store, account: Account, video: Budget) -> Shown:
    table = store.table(account.name)
    shown = Shown(account, len(table))
    if account.kind == "clip":
        shown.clips = list(clips(store, table, _CLIPS, video))
    elif account.kind == "policy":
        return shown  # its curves are shown where it was trained
    elif account.kind != "frame" and account.kind not in _OWN_SECTIONS:
        shown.texts = kept(table, _ASKED if account.kind == "problem" else _TEXTS)
    values = leaves(table, "meta")
    if account.kind == "volume":
        values = {name: found for name, found in values.items() if not name.startswith(("views.", "curve."))}
    shown.measured, shown.audit = panels(values, [""], min(len(table), ROWS)), audit(values)
    return shown


def _show_frames(
    store: Store, shown: list[Shown], found: Mapping[str, Account]
) -> tuple[list[Shown], list[list[Version]]]:
    """Fills in the frames of final tables, which share the page alike.

    Returns:
        One frame of each table whose frames later stages changed, and such frames stage by stage.
    """
    changes = list(versions(store, found, _VERSIONS, Budget(_PICTURES // 4)))
    final = [one for one in shown if one.account.kind == "frame"]
    began = [
        Shown(account, account.outputs)
        for account in found.values()
        if any(line[0].stage == account.name for line in changes) and all(one.account is not account for one in final)
    ]  # fmt: skip
    changed = {version.stage for line in changes for version in line if version.stage != line[0].stage}
    most = _FRAMES if len(final) < 2 else _OF_MANY
    for one in final + began:
        table = store.table(one.account.name)
        budget = Budget(_PICTURES * 3 // 4 // len(final + began))
        one.frames = list(frames(store, table, most if one in final else 1, budget))
        one.spread = [] if one.account.name in changed else spread(table)  # their labels are those of what they changed
    return began, changes


def _layers(shown: list[Shown]) -> dict[str, str]:
    """What is drawn over any of the frames."""
    drawn = "".join(picture.overlay or "" for one in shown for frame in one.frames for picture in frame.pictures)
    return {name: title for name, title in LAYERS.items() if f'<g class="{name}">' in drawn}


def _show_places(store: Store, shown: Shown, found: Mapping[str, Account], thumbnails: Budget) -> None:
    """What frames are made of: photos, views, volumes, scenes."""
    account = shown.account
    if account.kind == "photo":
        shown.photos = list(photos(store, account, found, thumbnails))
    elif account.kind == "view":
        shown.photos = list(views(store, account, thumbnails))
    elif account.kind == "volume":
        shown.volumes = list(volumes(store, account, found))
    elif account.kind == "scene":
        shown.scenes, shown.spread = list(scenes(store, account, found, thumbnails)), contents(store, account)


def _show_text(store: Store, shown: Shown) -> None:
    """Samples of text that are more than one text."""
    account = shown.account
    if account.kind == "debate":
        shown.transcripts = list(transcripts(store, account))
    elif account.kind == "tree":
        shown.trees = list(trees(store, account))
    elif account.kind == "preference":
        shown.pairs, shown.margins = list(pairs(store, account)), margins(store, account)


def _show_episodes(shown: Shown, table: Table, policies: Mapping[str, str], tables: int) -> None:
    """An episode of each task; fewer where many tables of episodes share the page, as in a comparison of policies."""
    shown.outcomes = outcomes(table, policies)
    tasks = {outcome.task for outcome in shown.outcomes}
    most = max(_EPISODES, min(len(tasks), _TASKS)) if tables <= 2 else max(2, _TASKS // tables)
    shown.episodes = list(episodes(table, most))
    values = leaves(table, "parameters", lambda row: _SUCCESS[0 if row["success"] else 1], "success")
    values.pop("seed", None)  # no quantity
    shown.parameters = panels(values, _SUCCESS, min(len(table), ROWS))


def _growths(store: Store, found: Mapping[str, Account]) -> Iterator[tuple[Account, Growth]]:
    """What was grown, by the stage that did; stages that filter hand its notes on."""
    grown: set[str] = set()
    for account in found.values():
        if account.kind == "episode" and account.outputs and (one := growth(store.table(account.name))):
            grown.add(account.name)
            if not grown & set(account.feeds):
                yield account, one


@dataclass(frozen=True)
class Cost:
    """A stage's worker time, s, tokens and energy, J; of one sample, alone and with all that stands before it."""

    account: Account
    share: float
    seconds: float | None
    upstream_seconds: float | None
    tokens: float | None
    upstream_tokens: float | None
    joules: float | None


def _cost(found: Mapping[str, Account], account: Account) -> Cost:
    whole = sum(other.seconds for other in found.values())
    line, made = upstream(dict(found), account.name), account.outputs
    return Cost(
        account,
        account.seconds / whole if whole else 0.0,
        account.seconds / made if made else None,
        sum(other.seconds for other in line) / made if made else None,
        account.tokens / made if made else None,
        sum(other.tokens for other in line) / made if made else None,
        account.joules / made if made and account.joules is not None else None,
    )


def _artifacts(store: Store) -> list[dict[str, Any]]:
    """Each artifact once, with the stages that use it."""
    found: dict[str, dict[str, Any]] = {}
    for artifact in store.artifacts():
        found.setdefault(artifact["id"], {**artifact, "stages": []})["stages"].append(artifact["stage"])
    return list(found.values())


def _exported(store: Store, info: Mapping[str, Any]) -> dict[str, int]:
    return {name: found["records"] for name in info.get("exports", {}) if "records" in (found := store.export(name))}


def _exports(store: Store, info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was written for others to read: records, files, bytes."""
    rows = []
    for name, export in info.get("exports", {}).items():
        files = [file for file in (store.root / "exports" / name).rglob("*") if file.is_file()]
        records, total = store.export(name).get("records"), sum(file.stat().st_size for file in files)
        rows.append({"name": name, **export, "records": records, "files": len(files), "bytes": total})
    return rows


def _chains(store: Store, finals: list[Account]) -> list[tuple[Account, Chain]]:
    """The longest lineages among the final tables' examples."""
    found = [(account, chain(store, account.name)) for account in finals]
    return sorted(found, key=lambda pair: -len(pair[1].links))[:_CHAINS]


def _rollbacks(store: Store) -> list[dict[str, Any]]:
    return [{**row, "samples": held_back(store, row["ancestor"])} for row in store.rollbacks()]
