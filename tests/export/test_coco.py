import contextlib
import io
import json

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from multisynth.errors import BadInput
from multisynth.export.coco import Coco
from multisynth.kinds import FRAME
from multisynth.media import encode_instances, encode_rgb
from multisynth.sample import Sample

CATEGORIES = {1: "robot", 2: "block", 7: "block", 65535: "ball"}


def frame(ordinal, height=40, width=60, license="CC0-1.0", **values):
    """A frame with scattered instances: a rectangle, a ring, loose pixels, one that touches the border."""
    rng = np.random.default_rng(ordinal)
    ids = np.zeros((height, width), np.uint16)
    ids[5:20, 3:30] = 1
    ids[8:16, 6:20] = 2
    ids[10:12, 10:12] = 0
    ids[rng.integers(20, height, 30), rng.integers(0, width, 30)] = 7
    ids[-6:, -9:] = 65535
    columns = {
        "width": width,
        "height": height,
        "intrinsics": np.eye(3),
        "world_to_camera": np.eye(4),
        "time": 0.1 * ordinal,
        "rgb": encode_rgb(rng.integers(0, 255, (height, width, 3), np.uint8)),
        "instances": encode_instances(ids),
        "boxes": [box(ids, instance) for instance in CATEGORIES],
    }
    return Sample(FRAME, ordinal, license=license, **{**columns, **values}), ids


def box(ids, instance):
    y, x = np.nonzero(ids == instance)
    return {
        "instance": instance, "name": f"thing {instance}", "category": CATEGORIES[instance], "visible": 0.75,
        "x": float(x.min()), "y": float(y.min()), "width": float(np.ptp(x) + 1), "height": float(np.ptp(y) + 1),
    }  # fmt: skip


def load(folder):
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(folder / "annotations.json"))


def test_masks_boxes_and_images_come_back(run, folder):
    made = [frame(i, license=("CC0-1.0", "MIT")[i % 2]) for i in range(3)]
    frames = run.add("frames", [sample for sample, _ in made])
    assert Coco().write(run.table("frames"), folder, run) == 3
    coco = load(folder)
    assert {c["name"]: c["id"] for c in coco.dataset["categories"]} == {"ball": 1, "block": 2, "robot": 3}
    licenses = {x["id"]: x["name"] for x in coco.dataset["licenses"]}
    for number, (sample, (_, ids)) in enumerate(zip(frames, made, strict=True), start=1):
        image = coco.imgs[number]
        assert (folder / image["file_name"]).read_bytes() == sample["rgb"]
        assert cv2.imread(str(folder / image["file_name"])).shape == (image["height"], image["width"], 3)
        assert (image["sample"], licenses[image["license"]]) == (sample.id, sample["license"])
        rebuilt = np.zeros_like(ids)
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=number)):
            mask = coco.annToMask(annotation).astype(bool)
            assert not rebuilt[mask].any()
            rebuilt[mask] = annotation["instance"]
            own = box(ids, annotation["instance"])
            assert annotation["bbox"] == [own["x"], own["y"], own["width"], own["height"]]
            assert annotation["area"] == mask.sum() == (ids == annotation["instance"]).sum()
            assert coco.cats[annotation["category_id"]]["name"] == CATEGORIES[annotation["instance"]]
            assert annotation["iscrowd"] == 0
        assert np.array_equal(rebuilt, ids)
    assert sorted(coco.anns) == list(range(1, 13))


def test_only_coco_files_are_left(run, folder):
    run.add("frames", [frame(0)[0]])
    Coco().write(run.table("frames"), folder, run)
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert names == ["annotations.json", "images/00000001.png"]


def test_frames_without_instances_keep_their_boxes(run, folder):
    run.add("frames", [frame(0, instances=None)[0], frame(1, instances=None, boxes=None)[0]])
    Coco().write(run.table("frames"), folder, run)
    coco = load(folder)
    assert [a["image_id"] for a in coco.dataset["annotations"]] == [1] * 4
    assert coco.anns[1]["segmentation"] == []
    assert coco.anns[1]["area"] == coco.anns[1]["bbox"][2] * coco.anns[1]["bbox"][3]


def test_no_frames_make_an_empty_data_set(run, folder):
    run.add("frames", [], kind=FRAME)
    assert Coco().write(run.table("frames"), folder, run) == 0
    content = json.loads((folder / "annotations.json").read_text())
    assert content["images"] == content["annotations"] == []


def test_pixels_without_a_box_are_refused(run, folder):
    sample, ids = frame(0)
    run.add("frames", [sample.replace(boxes=[box(ids, i) for i in (1, 2, 7)])])
    with pytest.raises(BadInput, match="differ in instances: 65535"):
        Coco().write(run.table("frames"), folder, run)
