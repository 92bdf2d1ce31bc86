"""Frames as a COCO data set: object detection and instance segmentation (https://cocodataset.org/#format-data)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from multisynth import __version__
from multisynth.errors import BadInput
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import JsonArray, dumps
from multisynth.kinds import FRAME, Kind
from multisynth.media import decode_instances
from multisynth.sample import Sample

_AT_ONCE = 16
_SPDX = re.compile(r"[A-Za-z0-9.+-]+")


class Coco(Exporter):
    """Write frames and their labels in COCO's format.

    `images/` holds the frames as they are. `annotations.json` has a box for each visible instance and, where frames
    have instance ids, its pixels as compressed run lengths (`pycocotools.mask`). Beyond COCO's own keys an image has
    its sample's id (`sample`) and an annotation its instance id (`instance`), name and visible share. Categories are
    numbered from 1 in alphabetical order.
    """

    takes: ClassVar[tuple[Kind, ...]] = (FRAME,)

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write images and annotations; returns how many images there are."""
        categories, licenses = _survey(samples)
        (folder / "images").mkdir()
        annotations_path = folder / ".annotations.json"
        with (
            (folder / "annotations.json").open("w", encoding="utf-8") as file,
            annotations_path.open("w+", encoding="utf-8") as annotations_file,
        ):
            head = {
                "info": {"description": f"multisynth: {samples.name}", "version": __version__},
                "licenses": [_license(name, number) for name, number in licenses.items()],
                "categories": [
                    {"id": number, "name": name, "supercategory": ""} for name, number in categories.items()
                ],
            }
            file.write(dumps(head)[:-1] + ', "images": ')
            images, annotations = JsonArray(file), JsonArray(annotations_file)
            for number, frame in enumerate(samples.samples(batch_size=_AT_ONCE), start=1):
                name = f"images/{number:08d}.png"
                (folder / name).write_bytes(frame["rgb"])
                images.append(
                    {
                        "id": number,
                        "file_name": name,
                        "width": frame["width"],
                        "height": frame["height"],
                        "license": licenses[frame["license"]],
                        "sample": frame.id,
                    }
                )
                for annotation in _annotations(frame, categories):
                    annotations.append({"id": len(annotations) + 1, "image_id": number, **annotation})
            images.close()
            annotations.close()
            file.write(', "annotations": ')
            annotations_file.seek(0)
            shutil.copyfileobj(annotations_file, file)
            file.write("}\n")
        annotations_path.unlink()
        return len(images)


def _survey(samples: Table) -> tuple[dict[str, int], dict[str, int]]:
    """All categories and all licences, numbered from 1."""
    categories: set[str] = set()
    licenses: set[str] = set()
    for frame in samples.samples(["boxes", "license"], batch_size=1024):
        categories.update(box["category"] for box in frame["boxes"] or ())
        licenses.add(frame["license"])
    return _numbered(categories), _numbered(licenses)


def _numbered(names: set[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted(names), start=1)}


def _license(name: str, number: int) -> dict[str, Any]:
    url = f"https://spdx.org/licenses/{name}.html" if _SPDX.fullmatch(name) else ""
    return {"id": number, "name": name, "url": url}


def _annotations(frame: Sample, categories: dict[str, int]) -> Iterator[dict[str, Any]]:
    boxes = frame["boxes"] or []
    masks = {} if frame["instances"] is None else _masks(frame["instances"])
    boxed = {box["instance"] for box in boxes}
    if frame["instances"] is not None and masks.keys() != boxed:
        odd = ", ".join(str(instance) for instance in sorted(masks.keys() ^ boxed))
        raise BadInput(f"boxes and pixels of frame {frame.id} differ in instances: {odd}", "label both in one stage")
    for box in boxes:
        yield {
            "category_id": categories[box["category"]],
            "bbox": [box["x"], box["y"], box["width"], box["height"]],
            "iscrowd": 0,
            **masks.get(box["instance"], {"segmentation": [], "area": box["width"] * box["height"]}),
            "instance": box["instance"],
            "name": box["name"],
            "visible": round(box["visible"], 4),
        }


def _masks(data: bytes) -> dict[int, dict[str, Any]]:
    """For each instance its pixels as run lengths, and their number."""
    from pycocotools import mask

    instances = decode_instances(data)
    found = {}
    for instance in np.unique(instances[instances > 0]):
        runs = mask.encode(np.asfortranarray(instances == instance, dtype=np.uint8))
        found[int(instance)] = {
            "segmentation": {"size": runs["size"], "counts": runs["counts"].decode("ascii")},
            "area": int(mask.area(runs)),
        }
    return found
