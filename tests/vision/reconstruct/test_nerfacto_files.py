"""Checkpoints of nerfstudio are read, and nothing in them runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.reconstruct.nerfacto_field import Architecture, Nerf, Proposal
from multisynth.vision.reconstruct.nerfacto_files import read_nerfstudio
from multisynth.vision.render.nerf import NerfRenderer

from multisynth.errors import BadInput

torch = pytest.importorskip("torch")
pytest.importorskip("nerfstudio")
pytest.importorskip("viser")

SMALL = Architecture(
    levels=4, base_resolution=8, max_resolution=64, log2_table=8, hidden=16, hidden_colour=16, appearance=6, images=5,
    proposals=(Proposal(levels=3, max_resolution=32, log2_table=7, hidden=8),), proposal_samples=(16,), samples=8,
    far=900.0,
)  # fmt: skip
CONFIG = """\
!!python/object:nerfstudio.engine.trainer.TrainerConfig
_target: !!python/name:nerfstudio.engine.trainer.Trainer ''
data: &id001 !!python/object/apply:pathlib.PosixPath
- data
- door
max_num_iterations: 30000
pipeline: !!python/object:nerfstudio.pipelines.base_pipeline.VanillaPipelineConfig
  _target: !!python/name:nerfstudio.pipelines.base_pipeline.VanillaPipeline ''
  model: !!python/object:nerfstudio.models.nerfacto.NerfactoModelConfig
    _target: !!python/name:nerfstudio.models.nerfacto.NerfactoModel ''
    appearance_embed_dim: 6
    average_init_density: 0.01
    background_color: last_sample
    base_res: 8
    camera_optimizer: !!python/object:nerfstudio.cameras.camera_optimizers.CameraOptimizerConfig
      _target: !!python/name:nerfstudio.cameras.camera_optimizers.CameraOptimizer ''
      mode: SO3xR3
    far_plane: 900.0
    features_per_level: 2
    hidden_dim: 16
    hidden_dim_color: 16
    implementation: torch
    log2_hashmap_size: 8
    max_res: 64
    near_plane: 0.05
    num_levels: 4
    num_nerf_samples_per_ray: 8
    num_proposal_iterations: 1
    num_proposal_samples_per_ray: !!python/tuple
    - 16
    proposal_net_args_list:
    - hidden_dim: 8
      log2_hashmap_size: 7
      max_res: 32
      num_levels: 3
      use_linear: false
"""


def trained(folder: Path, **more: Any) -> Nerf:
    """A run's folder as nerfstudio's `Trainer.save_checkpoint` leaves it, and what it holds."""
    from multisynth.vision.reconstruct.nerfacto_model import Nerfacto, seeded

    with seeded(3, "cpu"):
        model = Nerfacto(SMALL)
        for parameter in model.parameters():
            parameter.data = torch.rand_like(parameter) - 0.5
    pipeline = {f"_model.{name}": value for name, value in model.state_dict().items()}
    pipeline |= {
        "_model.device_indicator_param": torch.empty(0),
        "_model.camera_optimizer.pose_adjustment": torch.zeros(5, 6),
        "_model.lpips.net.lin0.model.1.weight": torch.zeros(1, 64, 1, 1),
    }
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: np.exp(-np.float64(step)))
    sum(parameter.sum() for parameter in model.parameters()).backward()
    optimiser.step()
    schedule.step()
    assert isinstance(schedule.state_dict()["_last_lr"][0], np.float64)  # what torch >= 2.6 stumbles over
    checkpoint = {
        "step": 29999,
        "pipeline": pipeline,
        "optimizers": {"fields": optimiser.state_dict()},
        "schedulers": {"fields": schedule.state_dict()},
        "scalers": {"scale": 65536.0, "growth_factor": 2.0, "_growth_tracker": 0},
        **more,
    }
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    transform = {"transform": np.c_[turn, [1.0, 2, 3]].tolist(), "scale": 0.25}
    (folder / "nerfstudio_models").mkdir(parents=True)
    torch.save(checkpoint, folder / "nerfstudio_models" / "step-000029999.ckpt")
    (folder / "config.yml").write_text(CONFIG)
    (folder / "dataparser_transforms.json").write_text(json.dumps(transform))
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn * 0.25, np.array([1.0, 2, 3]) * 0.25
    model_weights = {name: value.detach().numpy() for name, value in pipeline.items() if "hash_table" in name}
    assert model_weights
    return Nerf(SMALL, {n.removeprefix("_model."): v.float().numpy() for n, v in pipeline.items()}, matrix)


def test_equals_what_was_saved(tmp_path: Path) -> None:
    """By its folder, its configuration or its file: the same settings, place and picture, kept by our own file too."""
    expected = trained(tmp_path / "run")
    for path in ("run", "run/config.yml", "run/nerfstudio_models/step-000029999.ckpt"):
        nerf, step = read_nerfstudio(tmp_path / path)
        assert step == 29999
        assert nerf.architecture == SMALL
        np.testing.assert_array_equal(nerf.world_to_field, expected.world_to_field)
    camera = Viewpoint(8, 6, np.array([[8.0, 0, 4], [0, 8, 3], [0, 0, 1]]), np.eye(4))
    pictures = [
        next(NerfRenderer(each, "cpu").render([camera])).radiance for each in (nerf, expected, Nerf.loads(nerf.dumps()))
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    np.testing.assert_array_equal(pictures[0], pictures[2])
    assert pictures[0].std() > 0


def test_stage_makes_a_volume_of_it(tmp_path: Path) -> None:
    """`vision.volume` takes the run's folder; with a unit its lengths are metres."""
    from multisynth.vision.volume import Volume

    expected = trained(tmp_path)
    (sample,) = Volume(path=tmp_path, unit=2.0).generate([0])
    kept = Nerf.loads(sample["data"])
    assert (sample["method"], sample["steps"], sample["metric"]) == ("nerfacto", 29999, True)
    point = np.array([0.4, -0.2, 0.7, 1.0])
    np.testing.assert_allclose(kept.world_to_field @ (point * [2, 2, 2, 1]), expected.world_to_field @ point)
    # the field's cube of edge 2 is 2 / 0.25 units or 16 m wide, around -Rᵀt
    np.testing.assert_allclose(np.diff(sample["bounds"], axis=0)[0], 16.0)
    np.testing.assert_allclose(sample["bounds"].mean(axis=0), 2 * np.array([-2.0, 1, -3]), atol=1e-9)
    (upright,) = Volume(path=tmp_path, unit=2.0, up=(0, -1, 0)).generate([0])
    found = Nerf.loads(upright["data"]).world_to_field @ [*(np.array([0.4, 0.7, 0.2]) * 2), 1.0]  # -y became z
    np.testing.assert_allclose(found, expected.world_to_field @ point)
    np.testing.assert_allclose(upright["bounds"].mean(axis=0), 2 * np.array([-2.0, -3, -1]), atol=1e-9)
    np.testing.assert_array_equal(upright["up"], [0, 0, 1])


class Bomb:
    """Runs a command when it is unpickled without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_nothing_runs(tmp_path: Path) -> None:
    """Neither the pickle's objects nor the configuration's."""
    trained(tmp_path / "run", more=Bomb(tmp_path / "boom"))
    with pytest.raises(BadInput, match="tensors alone"):
        read_nerfstudio(tmp_path / "run")
    trained(tmp_path / "other")
    evil = CONFIG + f"evil: !!python/object/apply:os.mkdir\n- {tmp_path / 'boom'}\n"
    (tmp_path / "other" / "config.yml").write_text(evil)
    read_nerfstudio(tmp_path / "other")
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("config.yml", "method_name: nerfacto", "no nerfstudio configuration"),
        ("config.yml", CONFIG.replace("NerfactoModel", "Splatfacto"), "no configuration of a nerfacto"),
        ("config.yml", CONFIG.replace("num_levels: 4", "num_levels: 4000"), "make no nerfacto"),
        ("config.yml", "[" * 50_000, "no nerfstudio configuration"),
        ("dataparser_transforms.json", '{"transform": [[1, 0, 0, 0]], "scale": 1}', "no `transform`"),
        ("dataparser_transforms.json", "{}", "no `transform`"),
        ("nerfstudio_models/step-000029999.ckpt", "PK", "no checkpoint"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, name: str, content: str, says: str) -> None:
    """The message names the file and what is wrong with it."""
    trained(tmp_path)
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInput, match=says) as caught:
        read_nerfstudio(tmp_path)
    assert caught.value.where == str(tmp_path / name)


@pytest.mark.parametrize("name", ["config.yml", "dataparser_transforms.json", "nerfstudio_models/step-000029999.ckpt"])
def test_missing_files_are_named(tmp_path: Path, name: str) -> None:
    """Each of the three is needed."""
    trained(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(BadInput):
        read_nerfstudio(tmp_path)


def test_tiny_cuda_nn_is_refused(tmp_path: Path) -> None:
    """Its weights lie in one flat tensor, in an order of its own."""
    trained(tmp_path)
    path = tmp_path / "nerfstudio_models" / "step-000029999.ckpt"
    state = {"_model.field.mlp_base.model.params": torch.zeros(100)}
    torch.save({"step": 1, "pipeline": state}, path)
    with pytest.raises(BadInput, match="tiny-cuda-nn"):
        read_nerfstudio(tmp_path)
