"""The recipes of the family, small: each runs to its end, and its exports open in the formats' own readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from multisynth import Recipe, run
from multisynth.media import decode_depth, decode_floats, decode_rgb
from multisynth.store import Store

CONFIGS = Path(__file__).parents[2] / "configs"
RECIPES = sorted(path.stem.removeprefix("vision_") for path in CONFIGS.glob("vision_*.yaml"))


def small(name: str, out: Path, **stages: dict[str, Any]) -> Store:
    """The recipe with some options of its stages changed, run; everything in it must end well."""
    data = yaml.safe_load((CONFIGS / f"vision_{name}.yaml").read_text())
    for stage, options in stages.items():
        data["stages"][stage] |= options
    result = run(Recipe.of(data, CONFIGS), out)
    store = Store.open(out)
    assert result.ok, result.states
    assert not [row for row in store.ledger().to_pylist() if row["status"] == "failed"]
    return store


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipe_reads(name: str) -> None:
    recipe = Recipe.load(CONFIGS / f"vision_{name}.yaml")
    assert recipe.name == name


def test_scenes(tmp_path: Path) -> None:
    import webdataset
    from pycocotools.coco import COCO

    size = {"width": 96, "height": 72}
    store = small(
        "scenes", tmp_path, scenes={"scenes": 2}, frames={"shots": 3, "frames": 2, "optics": size, "test": 0.0}
    )
    frames = store.table("frames")
    assert len(frames) == 6
    coco = COCO(next((tmp_path / "exports/coco").rglob("*.json")))
    kept = len(store.table("unique"))
    assert len(coco.imgs) == kept > 0 and len(coco.anns) >= kept
    mask = coco.annToMask(next(iter(coco.anns.values())))
    assert mask.shape == (72, 96) and mask.any()
    shards = sorted(map(str, (tmp_path / "exports/shards").rglob("*.tar")))
    records = list(webdataset.WebDataset(shards, shardshuffle=False, empty_check=False).decode())
    assert len(records) == kept
    assert list((tmp_path / "exports/bop").rglob("scene_gt.json"))


def test_stereo(tmp_path: Path) -> None:
    from PIL import Image

    store = small(
        "stereo", tmp_path, rooms={"scenes": 1},
        pairs={"shots": 1, "frames": 2, "optics": {"width": 64, "height": 48}},
    )  # fmt: skip
    for pair in store.table("pairs").samples():
        depth, disparity = decode_floats(pair["depth"]), decode_floats(pair["disparity"])
        expected = pair["intrinsics"][0, 0] * pair["baseline"] / depth
        np.testing.assert_allclose(disparity[depth > 0], expected[depth > 0], rtol=2e-3)
    depth = next((tmp_path / "exports/kitti").rglob("*.png"))
    with Image.open(depth) as image:
        assert image.size == (64, 48)


def test_weather(tmp_path: Path) -> None:
    import OpenEXR

    size = {"width": 64, "height": 48}
    store = small("weather", tmp_path, scenes={"scenes": 2}, clear={"shots": 6, "frames": 1, "optics": size})
    pictures = {
        name: np.stack([decode_rgb(frame["rgb"]) for frame in store.table(name).samples()])
        for name in ("clear", "foggy", "submerged", "night", "thermal")
    }
    assert all(len(made) == 6 for made in pictures.values())
    assert pictures["foggy"].std() < pictures["clear"].std()
    assert pictures["submerged"][..., 0].mean() < pictures["submerged"][..., 1:].mean(), "red goes first"
    blind = (pictures["night"] > 250).all(-1).mean((1, 2))
    assert np.median(blind) < 0.2, "a night leaves something to see"
    one = next((tmp_path / "exports/thermal").rglob("*.exr"))
    with OpenEXR.File(str(one)) as file:
        assert file.parts


def test_photos(tmp_path: Path) -> None:
    from multisynth.vision.splats.files import read_splats

    splats = {"max_gaussians": 3000, "refine_from": 1000}
    store = small(
        "photos", tmp_path, views={"quality": "fast"}, place={"steps": 60, "factor": 4, "splats": splats},
        frames={"shots": 2, "frames": 2, "optics": {"width": 64, "height": 48}},
    )  # fmt: skip
    assert len(store.table("photos")) == len(store.table("views")) == 16
    (volume,) = store.table("place").samples()
    assert volume["psnr"] > 12 and not volume["metric"] and volume["license"] == "CC0-1.0"
    gaussians = read_splats(next((tmp_path / "exports/splats").rglob("*.ply")))
    assert len(gaussians) == volume.meta["gaussians"]
    listed = json.loads(next((tmp_path / "exports/nerfstudio").rglob("transforms.json")).read_text())
    assert len(listed["frames"]) == 16
    ledger = [row for row in store.ledger().to_pylist() if row["stage"] == "frames"]
    assert len(ledger) == 2 and {row["status"] for row in ledger} <= {"kept", "dropped"}
    for frame in store.table("frames").samples():
        assert frame.meta["metric"] is False and frame["license"] == "CC0-1.0"
        assert (decode_depth(frame["depth"]) > 0).mean() > 0.5


def test_robot(tmp_path: Path) -> None:
    from pycocotools.coco import COCO

    store = small(
        "robot", tmp_path,
        photos={"shots": 4, "frames": 2, "optics": {"width": 96, "height": 72}},
        place={"steps": 60, "splats": {"max_gaussians": 4000, "refine_from": 1000, "random_points": 2000}},
        rollouts={"tasks": ["push"], "episodes": 1, "keep": "all"},
        frames={"every": 2.0, "width": 96, "height": 72, "limits": {"turned": 180, "away": 1000, "crowded": 1}},
    )  # fmt: skip
    (volume,) = store.table("place").samples()
    assert volume["metric"] and volume["license"] == "CC0-1.0"
    frames = list(store.table("frames").samples())
    assert frames
    assert {"robot"} < {box["category"] for frame in frames for box in frame["boxes"]}
    assert all(volume.id in frame["parents"] for frame in frames)
    coco = COCO(next((tmp_path / "exports/coco").rglob("*.json")))
    assert len(coco.imgs) == len(frames)
