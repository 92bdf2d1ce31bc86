"""BOP's files read back: models put at their poses must project onto their masks."""

import json

import cv2
import numpy as np
import pytest
import trimesh
from multisynth.scenes.schema import Body, Camera, Part, Scene, Shape
from multisynth.vision.bop.export import Bop
from multisynth.vision.inside import Standing
from multisynth.vision.label import Label
from multisynth.vision.shoot import Shoot
from multisynth.vision.splats.gaussians import Gaussians
from multisynth.vision.splats.ply import decode_ply, encode_ply

from multisynth.errors import BadInput
from multisynth.kinds import SCENE
from multisynth.media import decode_floats, decode_instances
from multisynth.sample import Sample
from multisynth.testing import run_stage
from tests.export.conftest import Run
from tests.scenes.render.balls import BALL, RADIUS, ball_on_plane
from tests.vision.conftest import episode
from tests.vision.test_inside import AXIS, EYE, wall

TURNED = (0.9238795, 0.0, 0.3826834, 0.0)


def thing(name: str, instance: int, shape: Shape, category: str = "block", **part) -> Body:
    return Body(name=name, category=category, instance=instance, parts=(Part(name=name, shapes=(shape,), **part),))


def scene() -> Sample:
    """A floor, two equal blocks of which one moves, a ball beside them, and a robot of two links."""
    block = Shape(kind="box", size=(0.4, 0.2, 0.1), colour=(0.6, 0.1, 0.1), position=(0.05, 0.0, 0.02))
    ball = Shape(kind="sphere", size=(0.15,), colour=(0.1, 0.1, 0.7))
    floor = Shape(kind="box", size=(6.0, 6.0, 0.1), colour=(0.5, 0.5, 0.5))
    links = tuple(Part(name=f"link {n}", shapes=(ball,)) for n in range(2))
    bodies = (
        thing("floor", 1, floor, "floor", moves=False, position=(0, 0, -0.05)),
        thing("red block", 2, block, moves=False, position=(-0.3, 0.1, 0.3), quaternion=TURNED),
        thing("other block", 3, block),
        thing("ball", 4, ball, "ball", moves=False, position=(0.1, 0.35, 0.15)),
        Body(name="robot", category="robot", instance=5, parts=links),
    )
    camera = Camera(name="front", width=160, height=120, position=(1.5, -1.5, 1.2), target=(0, 0, 0.1), fov=45)
    poses = np.array([[0.3, -0.1, 0.05, 1, 0, 0, 0], [0, 0.8, 0.15, 1, 0, 0, 0], [0, 1.1, 0.15, 1, 0, 0, 0]])
    whole = Scene(bodies=bodies, cameras=(camera,))
    return Sample(SCENE, 0, scene=whole.model_dump_json(), poses=poses.astype(np.float32))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "bop").mkdir()
    return tmp_path / "bop"


@pytest.fixture(scope="module")
def shot(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("shot"))
    scenes = run.add("scenes", [scene()])
    stage = Shoot(of="scenes", shots=1, frames=2, optics={"width": 480, "height": 360})
    made = run_stage(stage, beside={"of": scenes})
    assert not made.failures and not made.drops
    again = [Sample(s.kind, 0, parents=[scenes[0].id], **{n: s[n] for n in s.kind.columns}) for s in made.samples]
    run.add("frames", again)
    return run


def test_models_at_their_poses_project_onto_their_masks(shot, tmp_path):
    out = tmp_path / "bop"
    out.mkdir()
    assert Bop(scenes="scenes").write(shot.table("frames"), out, shot) == 2
    info = json.loads((out / "models/models_info.json").read_text())
    assert {entry["name"] for entry in info.values()} == {"red block", "ball"}  # the other block is the same object
    folder = out / "train_pbr/000000"
    cameras, truths, details = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("scene_camera", "scene_gt", "scene_gt_info")
    )
    for frame, sample in zip(("0", "1"), shot.table("frames").samples(), strict=True):
        k, instances = np.reshape(cameras[frame]["cam_K"], (3, 3)), decode_instances(sample["instances"])
        assert [truth["obj_id"] for truth in truths[frame]] == [1, 1, 2]
        for number, (truth, detail) in enumerate(zip(truths[frame], details[frame], strict=True)):
            model = trimesh.load(out / f"models/obj_{truth['obj_id']:06d}.ply", process=False)
            assert np.allclose(model.bounds.mean(0), 0, atol=1e-3)
            placed = model.vertices @ np.reshape(truth["cam_R_m2c"], (3, 3)).T + truth["cam_t_m2c"]
            pixels = placed @ k.T
            pixels = pixels[:, :2] / pixels[:, 2:]
            whole = cv2.imread(str(folder / f"mask/{int(frame):06d}_{number:06d}.png"), cv2.IMREAD_UNCHANGED) > 0
            visible = cv2.imread(str(folder / f"mask_visib/{int(frame):06d}_{number:06d}.png"), cv2.IMREAD_UNCHANGED)
            assert np.array_equal(visible > 0, instances == number + 2)
            assert not ((visible > 0) & ~whole).any()
            drawn = cv2.fillConvexPoly(
                np.zeros((360, 480), np.uint8), cv2.convexHull(np.round(pixels - 0.5).astype(np.int32)), 1
            )
            assert (drawn > 0).sum() > 1000
            assert ((drawn > 0) & whole).sum() / ((drawn > 0) | whole).sum() > 0.9
            assert detail["px_count_all"] == whole.sum() and detail["px_count_visib"] == (visible > 0).sum()
            x, y, width, height = detail["bbox_obj"]
            assert whole[y : y + height, x : x + width].sum() == whole.sum()
        depth = cv2.imread(str(folder / f"depth/{int(frame):06d}.png"), cv2.IMREAD_UNCHANGED)
        assert depth.dtype == np.uint16 and depth.max() > 0
    (left,) = [json.loads(line) for line in (out / "left_out.jsonl").read_text().splitlines()]
    assert left["body"] == "robot"


def test_symmetries_leave_the_model_as_it_is(shot, tmp_path):
    out = tmp_path / "bop"
    out.mkdir()
    Bop(scenes="scenes").write(shot.table("frames"), out, shot)
    block = json.loads((out / "models/models_info.json").read_text())["1"]
    model = trimesh.load(out / "models/obj_000001.ply", process=False)
    assert block["diameter"] == pytest.approx(1000 * np.linalg.norm([0.4, 0.2, 0.1]), rel=1e-6)
    assert len(block["symmetries_discrete"]) == 3
    for turn in block["symmetries_discrete"]:
        turned = model.vertices @ np.reshape(turn, (4, 4))[:3, :3].T
        assert np.allclose(np.unique(turned.round(3), axis=0), np.unique(model.vertices.round(3), axis=0))


def test_frames_of_other_scenes_are_refused(shot, tmp_path):
    shot.add("others", [Sample(SCENE, 1, scene=scene()["scene"], poses=scene()["poses"])])
    out = tmp_path / "bop"
    out.mkdir()
    with pytest.raises(BadInput, match="is of none of the scenes"):
        Bop(scenes="others").write(shot.table("frames"), out, shot)
    with pytest.raises(BadInput, match="makes frames"):
        (tmp_path / "b").mkdir()
        Bop(scenes="frames").write(shot.table("frames"), tmp_path / "b", shot)


STANDS = Standing(position=(1.0, -2.0, 0.5), yaw=40, hide=("slab",))


def half_behind() -> tuple[Sample, np.ndarray]:
    """A volume whose wall hides the left half of the ball where `STANDS` puts it; and how that moves the world."""
    turn, matrix = np.radians(STANDS.yaw), np.eye(4)
    matrix[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    matrix[:3, 3] = STANDS.position
    there = wall(float((EYE.world_to_camera @ [*BALL[0, :3], 1])[2]) - 2 * RADIUS)
    cloud = decode_ply(there["data"])
    left = (cloud.means - BALL[0, :3]) @ EYE.world_to_camera[0, :3] < 0
    parts = {name: part[left] for name, part in vars(cloud).items() if part is not None}
    parts["means"] = (parts["means"] @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)
    bounds = np.stack([parts["means"].min(0), parts["means"].max(0)]).astype(np.float64)
    data = encode_ply(Gaussians(**parts))
    return there.replace(data=data, bounds=bounds, instances=np.ones(left.sum(), np.uint16)), matrix


@pytest.fixture(scope="module")
def stood(tmp_path_factory):
    """Frames of a ball that rolls behind half a wall, with what they were made from."""
    run = Run(tmp_path_factory.mktemp("stood"))
    poses = np.tile(BALL, (6, 1))[:, None]
    poses[:, 0, :3] += np.linspace(0, 0.04, 6)[:, None] * AXIS
    volumes = run.add("volumes", [half_behind()[0]])
    episodes = run.add("episodes", [episode(ball_on_plane(), poses)])
    limits = {"away": 1e3, "filled": 0.0, "opaque": 0.0, "turned": 180}
    made = run_stage(Label(inside="place", at=STANDS, limits=limits), episodes, beside={"inside": volumes})
    assert not made.failures and not made.drops and len(made.samples) == 2
    again = [
        Sample(s.kind, 0, parents=s["parents"], meta=s.meta, **{n: s[n] for n in s.kind.columns}) for s in made.samples
    ]
    run.add("frames", again)
    return run


def test_an_episode_inside_a_volume_is_where_the_frames_show_it(stood, folder):
    assert Bop(scenes="episodes").write(stood.table("frames"), folder, stood) == 2
    out = folder / "train_pbr/000000"
    cameras, truths, details = (
        json.loads((out / f"{name}.json").read_text()) for name in ("scene_camera", "scene_gt", "scene_gt_info")
    )
    (home,) = stood.table("episodes").samples()
    open_air = run_stage(Label(), [home]).samples
    for frame, sample, unhidden in zip(("0", "1"), stood.table("frames").samples(), open_air, strict=True):
        ball = 700 + 1  # above the wall's
        box = next(box for box in sample["boxes"] if box["instance"] == ball)
        (truth,), (detail,) = truths[frame], details[frame]  # the slab was left out of the picture
        seen, alone = decode_instances(sample["instances"]) == ball, decode_instances(unhidden["instances"]) == 700
        assert 0.3 < seen.sum() / alone.sum() < 0.7
        assert detail["px_count_visib"] == seen.sum() and detail["px_count_all"] == pytest.approx(alone.sum(), abs=3)
        assert detail["visib_fract"] == pytest.approx(box["visible"], abs=0.01)
        assert detail["bbox_visib"] == [box[name] for name in ("x", "y", "width", "height")]
        assert np.allclose(detail["bbox_obj"], box["full"], atol=1)
        files = (cv2.imread(str(out / f"{part}/{int(frame):06d}_000000.png"), 0) > 0 for part in ("mask_visib", "mask"))
        assert np.array_equal(next(files), seen) and (next(files) ^ alone).sum() <= 3

        step = int(np.abs(home["times"] - sample["time"]).argmin())
        centre = sample["world_to_camera"] @ half_behind()[1] @ [*home["poses"][step, 0, :3], 1]
        assert np.allclose(truth["cam_t_m2c"], 1000 * centre[:3], atol=0.01)
        camera = np.reshape(cameras[frame]["cam_R_w2c"], (3, 3)), cameras[frame]["cam_t_w2c"]
        assert np.allclose(camera[0], sample["world_to_camera"][:3, :3])
        assert np.allclose(camera[1], 1000 * sample["world_to_camera"][:3, 3])
        u, v, w = np.reshape(cameras[frame]["cam_K"], (3, 3)) @ truth["cam_t_m2c"]
        x, y, width, height = box["full"]
        assert np.allclose([u / w, v / w], [x + width / 2, y + height / 2], atol=1)


def test_frames_inside_a_volume_that_do_not_tell_where_are_refused(stood, folder):
    frames = stood.table("frames").samples()
    silent = [Sample(s.kind, 0, parents=[s.id], **{n: s[n] for n in s.kind.columns}) for s in frames]
    stood.add("silent", silent)  # the volume is among what their parents were made from
    with pytest.raises(BadInput, match="was put into a volume, and its `meta` does not tell where"):
        Bop(scenes="episodes").write(stood.table("silent"), folder, stood)


def test_depth_that_16_bits_do_not_hold_is_counted(shot, folder):
    assert Bop(scenes="scenes", depth_scale=0.02).write(shot.table("frames"), folder, shot) == 2
    lost = [said for said in map(json.loads, (folder / "left_out.jsonl").read_text().splitlines()) if "pixels" in said]
    for said, sample in zip(lost, shot.table("frames").samples(), strict=True):
        number = lost.index(said)
        depth = decode_floats(sample["depth"])
        far = depth > 65535.5 * 0.02e-3
        codes = cv2.imread(str(folder / f"train_pbr/000000/depth/{number:06d}.png"), cv2.IMREAD_UNCHANGED)
        assert said["sample"] == sample.id and said["pixels"] == far.sum() > 0 and not codes[far].any()
        assert np.allclose(codes[~far] * 0.02e-3, depth[~far], atol=1.01e-5)
