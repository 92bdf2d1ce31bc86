"""Each fault is planted in frames of a floor whose depth is known in closed form; sound frames pass."""

import numpy as np
import pytest
from multisynth.vision.audit.stage import Audit

from multisynth.kinds import FRAME
from multisynth.media import encode_floats, encode_instances, encode_rgb
from multisynth.rows import Birth, to_table
from multisynth.sample import Batch, Sample
from multisynth.testing import inputs_of, run_stage

WIDTH, HEIGHT, FOCAL = 64, 48, 60.0
K = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
PIXELS = np.stack(np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5), -1)
RAYS = np.concatenate([(PIXELS - [WIDTH / 2, HEIGHT / 2]) / FOCAL, np.ones((HEIGHT, WIDTH, 1))], -1)


def pose(x: float, y: float = 0.0, height: float = 2.0, tilt: float = 40.0) -> np.ndarray:
    """A camera above the floor z = 0 that looks along y and down by `tilt` degrees."""
    c, s = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    rotation = np.array([[1, 0, 0], [0, -s, -c], [0, c, -s]])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, -rotation @ [x, y, height]
    return matrix


def floor(matrix: np.ndarray) -> np.ndarray:
    """z-depth of the floor; what looks above the horizon sees nothing. [H, W] float32"""
    down = (RAYS @ matrix[:3, :3])[..., 2]
    height = (-matrix[:3, :3].T @ matrix[:3, 3])[2]
    return np.where(down < -1e-3, -height / np.minimum(down, -1e-3), 0).astype(np.float32)


def frame(ordinal: int, matrix: np.ndarray, unit: float = 1.0, far: float = np.inf, parents=(), **values) -> Sample:
    depth = np.minimum(floor(matrix), far) / np.float32(unit)
    instances = np.zeros((HEIGHT, WIDTH), np.uint16)
    instances[10:20, 5:25] = 3
    box = {"instance": 3, "name": "red block", "category": "block", "x": 5.0, "y": 10.0, "width": 20.0, "height": 10.0,
           "visible": 1.0, "full": None}  # fmt: skip
    picture = np.random.default_rng(ordinal).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    columns = {
        "width": WIDTH, "height": HEIGHT, "intrinsics": K, "world_to_camera": matrix, "time": 0.0,
        "rgb": encode_rgb(picture), "depth": encode_floats(depth.astype(np.float32)),
        "instances": encode_instances(instances), "boxes": [box],
    }  # fmt: skip
    return Sample(FRAME, ordinal, parents=parents, **{**columns, **values})


def reasons(frames: list[Sample], **options) -> dict[int, str]:
    """Why which frames went, by their ordinal."""
    batch = inputs_of(frames)
    ordinals = {sample.id: int(sample["origin"]) for sample in batch}
    ran = run_stage(Audit(**options), batch, batch_size=2)
    assert not ran.failures
    dropped = {ordinals[name]: reason for name, reason in ran.drops}
    assert len(dropped) + len(ran.samples) == len(frames)
    return dropped


def test_sound_frames_pass():
    assert reasons([frame(n, pose(0.3 * n)) for n in range(4)]) == {}


BOX = {"instance": 3, "name": "b", "category": "b", "x": 5.0, "y": 10.0, "width": 20.0, "height": 10.0, "visible": 1.0,
       "full": None}  # fmt: skip


def depth(value: float) -> bytes:
    image = floor(pose(0))
    image[7, 9] = value
    return encode_floats(image)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"depth": depth(np.nan)}, "depth is not finite: 0.03% of it"),
        ({"depth": depth(-1)}, "depth is negative: -1"),
        ({"depth": encode_floats(np.zeros((HEIGHT, WIDTH), np.float32))}, "depth is empty"),
        ({"depth": encode_floats(np.ones((8, 9), np.float32))}, "depth has another size than the frame: 9×8"),
        ({"depth": b"II*\0 not a TIFF"}, "depth cannot be read"),
        ({"rgb": encode_rgb(np.full((HEIGHT, WIDTH, 3), 9, np.uint8))}, "picture is of one colour"),
        ({"instances": encode_instances(np.zeros((HEIGHT, WIDTH), np.uint16)), "boxes": []}, "no instance is visible"),
        ({"instances": encode_instances(np.zeros((HEIGHT, WIDTH), np.uint16))}, "masks are empty: of instances [3]"),
        ({"boxes": []}, "boxes are missing: of instances [3]"),
        ({"boxes": [{**BOX, "x": 50.0}]}, "box is empty or leaves the image"),
        ({"boxes": [{**BOX, "width": float("nan")}]}, "box is empty or leaves the image"),
        ({"boxes": [{**BOX, "visible": 0.0}]}, "visible share is none"),
    ],
)
def test_a_fault_of_one_frame(values, reason):
    dropped = reasons([frame(0, pose(0)), frame(1, pose(0.4), **values)])
    assert dropped.keys() == {1} and reason in dropped[1]


def test_frames_without_instances_pass_if_wanted():
    empty = {"instances": encode_instances(np.zeros((HEIGHT, WIDTH), np.uint16)), "boxes": []}
    assert reasons([frame(0, pose(0), **empty)], empty=True) == {}


def test_depth_that_ends_at_one_value_is_clipped():
    shallow = [frame(n, pose(0.3 * n, tilt=20), far=5.0) for n in range(4)]
    assert all("clipped" in reason and "at 5 m" in reason for reason in reasons(shallow).values())
    assert len(reasons(shallow)) == 4
    # a floor seen straight from above is as flat, but the frames end at different depths
    assert reasons([frame(n, pose(0.3 * n, height=2 + n, tilt=90)) for n in range(4)]) == {}


def test_depth_in_millimetres_is_told_by_a_second_look():
    assert not run_stage(Audit(), path(1e-3)[:1]).drops  # one look alone cannot tell
    told = "depth is in millimetres where poses are in metres"
    assert [reason for _, reason in run_stage(Audit(), path(1e-3)).drops] == [told] * 2
    assert not run_stage(Audit(), path(1.0)).drops


def path(unit: float) -> Batch:
    """Two frames of a path down to a floor, which looks the same along itself, as a stage would get them."""
    birth = Birth("shots", "test", 0, FRAME, license="CC0-1.0")
    steps = [frame(0, pose(0, height=2 - 0.3 * n), unit) for n in range(2)]
    return Batch(FRAME, to_table(birth, steps, [0, 1]))


def test_a_training_camera_that_repeats_a_test_camera_goes():
    scene, other = ("a" * 32,), ("b" * 32,)
    frames = [
        frame(0, pose(0), parents=scene, split="test"),
        frame(1, pose(0.01), parents=scene, split="train"),
        frame(2, pose(0.01), parents=other, split="train"),
        frame(3, pose(1.0), parents=scene, split="train"),
        frame(4, pose(0.0, tilt=60), parents=scene, split="train"),
    ]
    dropped = reasons(frames)
    assert dropped.keys() == {1} and dropped[1].startswith("leaked camera: 0.")
    assert reasons(frames, near=0.0) == {}
