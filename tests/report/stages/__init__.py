"""Small stages that make every kind that the report draws.

Real ones take physics, films, GPUs or language models; what these make follows from an ordinal by arithmetic, so that
a test knows what the page has to show. Each is registered by its name: `report.episodes`, `report.film`.
"""

from __future__ import annotations

from multisynth import registry
from tests.report.stages import frames, places, robots, text

for _stage in (
    robots.Episodes, robots.Replay, robots.Grow, robots.Practise, robots.Act, robots.Film, robots.Tell, robots.Mark,
    places.Places, places.Photos, places.Register, places.Volumes, frames.Shoot, frames.Weather,
    text.Ask, text.Solve, text.Check, text.Copies, text.Grade, text.Even, text.Route, text.Debate, text.Search,
    text.Prefer, text.Train,
):  # fmt: skip
    registry.add(f"report.{_stage.__name__.lower()}", _stage)
