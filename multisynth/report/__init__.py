"""`report.html`: what a run made, kept and dropped and why, in one file that needs nothing else.

What is shown follows from the kinds of the run's tables, never from the names of its stages. A kind's gallery shows its
final tables, those that no later stage of the same kind has filtered; policies are shown where they were trained, and
frames that later stages changed beside what became of them. The rounds of a loop stand together, and samples are those
of its last. Which samples are shown is a fixed rule (`picks`).
Distributions of labels look at a few hundred rows and the depth of a few frames. Everything that comes from data is
escaped, and the page's own policy forbids it to load anything. Pictures are made smaller: frames to 480 px, thumbnails
to 200 px. They take 6 MB of the page at most and videos 8 MB, encoded as they stand there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multisynth.store import Store


def write(store: Store) -> Path:
    """Write the run's ``report.html`` anew and return its path.

    Args:
        store: The run, finished or not.
    """
    from multisynth.report.page import render

    target = store.root / "report.html"
    fresh = store.root / ".report.html"
    fresh.write_text(render(store), encoding="utf-8")
    fresh.replace(target)
    return target
