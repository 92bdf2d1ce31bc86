"""Captions with their clips or images, as LLaVA reads them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from multisynth.errors import BadInput
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.relate import LINEAGE, originals
from multisynth.export.strict_json import JsonArray, dumps
from multisynth.kinds import CAPTION, CLIP, EPISODE, FRAME, Kind
from multisynth.sample import Sample

_AT_ONCE = 16


class Llava(Exporter):
    """Write conversations about clips or images in LLaVA's format.

    `train.json` is a list of records with `id`, `video` or `image` (a path in the folder) and `conversations` of a
    human's question and the caption (https://github.com/haotian-liu/LLaVA, docs/Finetune_Custom_Data.md; LLaVA-Video
    for `video`). Beyond that a record has the caption's `sentences`, each with the ids of the events that it stands
    on, those `events`, and the `license`. A caption of an episode goes with every clip of it. Captions
    that cannot be written are named in `left_out.jsonl` with the reason.
    """

    takes: ClassVar[tuple[Kind, ...]] = (CAPTION,)
    reads: ClassVar[tuple[str, ...]] = ("media",)

    media: str = Field(description="Stage of the clips or frames that the captions are about.")

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write records and media; returns how many records there are."""
        media = run.table(self.media)
        if media.kind.name not in (CLIP.name, FRAME.name):
            raise BadInput(
                f"`{self.media}` makes {media.kind.name}s", "name a stage that makes clips or frames", "media"
            )
        (folder / "media").mkdir()
        names: dict[str, str] = {}
        left_out = []
        with (folder / "train.json").open("w", encoding="utf-8") as file:
            records = JsonArray(file)
            for caption, about in _pairs(samples, media, run):
                reason = _obstacle(caption, about, self.media)
                if reason:
                    left_out.append({"id": caption.id, "reason": reason})
                    continue
                for number, medium in enumerate(about):
                    if medium.id not in names:
                        names[medium.id] = _write_medium(folder, len(names), medium)
                    records.append(
                        {
                            "id": caption.id if len(about) == 1 else f"{caption.id}-{number}",
                            **_record(caption, medium, names[medium.id]),
                        }
                    )
            records.close()
            file.write("\n")
        if left_out:
            lines = "".join(dumps(line) + "\n" for line in left_out)
            (folder / "left_out.jsonl").write_text(lines, encoding="utf-8")
        return len(records)


def _pairs(samples: Table, media: Table, run: Tables) -> Iterator[tuple[Sample, list[Sample]]]:
    """Each caption with the media it is about, in the order of their table.

    A caption made from a clip or frame is about that one; one made from an episode is about all clips of it.
    """
    kinds = (FRAME,) if media.kind.name == FRAME.name else (CLIP, EPISODE)
    index: dict[tuple[str, str], list[str]] = {}
    for medium, keys in originals(media.samples(LINEAGE, batch_size=1024), kinds, run):
        for kind, key in zip(kinds, keys, strict=True):
            if key is not None:
                index.setdefault((kind.name, key), []).append(medium.id)
    captions = samples.samples(batch_size=_AT_ONCE)
    while part := list(islice(captions, _AT_ONCE)):
        wanted = []
        for caption, keys in originals(part, kinds, run):
            nearest = next(((kind.name, key) for kind, key in zip(kinds, keys, strict=True) if key), None)
            wanted.append((caption, index.get(nearest, []) if nearest else []))
        found = media.find([medium for _, ids in wanted for medium in ids])
        for caption, ids in wanted:
            yield caption, [found[medium] for medium in ids]


def _obstacle(caption: Sample, about: list[Sample], media: str) -> str:
    if not about:
        return f"`{media}` has nothing that it is about"
    for placeholder in ("<video>", "<image>"):
        if placeholder in caption["text"] or placeholder in caption["question"]:
            return f"it says {placeholder}, which LLaVA would take for the medium"
    return ""


def _write_medium(folder: Path, number: int, medium: Sample) -> str:
    video = medium.kind.name == CLIP.name
    name = f"media/{number:08d}.{'mp4' if video else 'png'}"
    (folder / name).write_bytes(medium["video" if video else "rgb"])
    return name


def _record(caption: Sample, medium: Sample, name: str) -> dict[str, Any]:
    key = "video" if medium.kind.name == CLIP.name else "image"
    return {
        key: name,
        "conversations": [
            {"from": "human", "value": f"<{key}>\n{caption['question']}"},
            {"from": "gpt", "value": caption["text"]},
        ],
        "sentences": caption["sentences"],
        "events": caption["events"],
        "license": caption["license"],
    }
