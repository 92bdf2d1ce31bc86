"""Reads what `ns-train nerfacto` writes.

A run's folder holds `config.yml`, which pickles Python objects as YAML tags, `dataparser_transforms.json`, and
`nerfstudio_models/step-….ckpt`, which torch pickles. Nothing of that is run: tags become plain values, and of the
pickle only tensors and plain values are let in.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from multisynth.errors import BadInput

from .nerfacto_field import Architecture, Nerf, similarity

LARGEST = 4 << 30
"""Bytes of a checkpoint, unpacked."""
LARGEST_TEXT = 4 << 20
"""Bytes of its configuration."""
MODEL = "_model."
WANTED = re.compile(r"(module\.)?_model\.(field|proposal_networks)\..*(?<!mlp_base\.0\.hash_table)")
"""The tables of proposals are there twice, under two names."""


def read_nerfstudio(path: Path) -> tuple[Nerf, int]:
    """A nerfacto that nerfstudio trained, and the steps that it took.

    World coordinates are those of the data it was trained on, as `dataparser_transforms.json` has them; their lengths
    are metres only if those of the data were.

    Args:
        path: A run's folder, its `config.yml`, or a checkpoint in it.

    Raises:
        BadInput: A file is missing, is not what its name says or does not belong to a nerfacto; or tiny-cuda-nn trained
            it, whose weights torch's own layers cannot take.
    """
    checkpoint = _checkpoint(path)
    folder = checkpoint.parent.parent if checkpoint.parent.name == "nerfstudio_models" else checkpoint.parent
    config = _config(folder / "config.yml")
    state, steps = _state(checkpoint)
    if any(name.endswith(("model.params", "tcnn_encoding.params")) for name in state):
        raise BadInput(
            "tiny-cuda-nn trained this nerfacto, whose weights lie in another order",
            "train it with `--pipeline.model.implementation torch`",
            str(checkpoint),
        )
    architecture = _architecture(config, state, str(folder / "config.yml"))
    return Nerf(architecture, state, _transform(folder / "dataparser_transforms.json")), steps


def _checkpoint(path: Path) -> Path:
    if path.suffix == ".ckpt":
        return path
    folder = path.parent if path.name == "config.yml" else path
    found = sorted((folder / "nerfstudio_models").glob("step-*.ckpt"))
    if not found:
        raise BadInput("there is no checkpoint", "it should hold nerfstudio_models/step-….ckpt", str(folder))
    return found[-1]


def _state(path: Path) -> tuple[dict[str, np.ndarray], int]:
    """The model's weights by their names without `_model.`, and the step."""
    import torch

    remedy = "give a checkpoint as nerfstudio's trainer writes it"
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist())
        if size > LARGEST or packed:
            raise BadInput(f"it unpacks to {size:,} bytes", f"at most {LARGEST:,}, uncompressed", str(path))
        with torch.serialization.safe_globals(_numbers()):
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, zipfile.BadZipFile) as error:
        raise BadInput(f"it is no checkpoint: {error}", remedy, str(path)) from None
    except Exception as error:  # unpickling of what others wrote ends in anything
        line = str(error).strip().split("\n")[0]
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"it is no checkpoint of tensors alone: {line}", remedy, str(path)) from None
    pipeline = loaded.get("pipeline") if isinstance(loaded, dict) else None
    if not isinstance(pipeline, Mapping) or not isinstance(loaded.get("step"), int):
        raise BadInput("it has no `pipeline` and `step`", remedy, str(path))
    weights = {
        name.removeprefix("module.").removeprefix(MODEL): value.float().numpy()
        for name, value in pipeline.items()
        if isinstance(value, torch.Tensor) and WANTED.fullmatch(name)
    }
    if not any(name.startswith("field.") for name in weights):
        raise BadInput("it holds no field of a nerfacto", remedy, str(path))
    return weights, loaded["step"]


def _numbers() -> list[Any]:
    """What a learning rate of numpy's looks like when it is pickled: nerfstudio's schedules leave some behind."""
    from _codecs import encode

    from numpy._core.multiarray import scalar

    floats = [type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64)]
    return [
        (scalar, "numpy.core.multiarray.scalar"),
        (scalar, "numpy._core.multiarray.scalar"),
        np.dtype,
        encode,
        *floats,
    ]


def _config(path: Path) -> Mapping[str, Any]:
    """The model's settings, without making the objects that it names."""
    import yaml

    class Plain(yaml.SafeLoader):
        """Takes Python's tags for what stands below them."""

    def plain(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return node.value or tag  # a name is in the tag itself

    Plain.add_multi_constructor("tag:yaml.org,2002:python/", plain)
    try:
        if path.stat().st_size > LARGEST_TEXT:
            raise BadInput("it is too large", f"at most {LARGEST_TEXT:,} bytes", str(path))
        config = yaml.load(path.read_text(encoding="utf-8"), Plain)  # noqa: S506 (a SafeLoader)
        model = config["pipeline"]["model"]
    except OSError as error:
        remedy = "keep the run's config.yml beside its checkpoint"
        raise BadInput(f"no settings can be read: {error.strerror}", remedy, str(path)) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, KeyError, TypeError, ValueError) as error:
        line = re.sub(r"\s+", " ", str(error))
        raise BadInput(f"it is no nerfstudio configuration: {line}", "give what `ns-train` wrote", str(path)) from None
    if not isinstance(model, Mapping) or not str(model.get("_target", "")).endswith("NerfactoModel"):
        raise BadInput("it is no configuration of a nerfacto", "give a run of `ns-train nerfacto`", str(path))
    return model


def _architecture(config: Mapping[str, Any], state: Mapping[str, np.ndarray], where: str) -> Architecture:
    """From the settings; what older versions of nerfstudio did not have yet is as it was then."""
    rounds = int(config.get("num_proposal_iterations", 2))
    given = list(config.get("proposal_net_args_list", []))
    count = 1 if config.get("use_same_proposal_network") else min(rounds, 4)
    nets = [given[min(i, len(given) - 1)] if given else {} for i in range(count)]
    box = state.get("field.aabb")
    embedding = state.get("field.embedding_appearance.embedding.weight")
    if any(net.get("use_linear") for net in nets):
        raise BadInput("`use_linear` is on, which is not read", "train without it", where)
    try:
        return Architecture(
            levels=config.get("num_levels", 16),
            base_resolution=config.get("base_res", 16),
            max_resolution=config.get("max_res", 2048),
            log2_table=config.get("log2_hashmap_size", 19),
            features=config.get("features_per_level", 2),
            hidden=config.get("hidden_dim", 64),
            hidden_colour=config.get("hidden_dim_color", 64),
            appearance=0 if embedding is None else embedding.shape[-1],
            images=1 if embedding is None else len(embedding),
            mean_appearance=config.get("use_average_appearance_embedding", True),
            initial_density=config.get("average_init_density", 1.0),
            proposals=tuple(
                {
                    "levels": net.get("num_levels", 8),
                    "base_resolution": net.get("base_res", 16),
                    "max_resolution": net.get("max_res", 1024),
                    "log2_table": net.get("log2_hashmap_size", 18),
                    "hidden": net.get("hidden_dim", 64),
                }
                for net in nets
            ),
            proposal_samples=tuple(config.get("num_proposal_samples_per_ray", (256, 96)))[:rounds],
            samples=config.get("num_nerf_samples_per_ray", 48),
            uniform=config.get("proposal_initial_sampler", "piecewise") == "uniform",
            near=config.get("near_plane", 0.05),
            far=config.get("far_plane", 1000.0),
            contracted=not config.get("disable_scene_contraction", False),
            box=1.0 if box is None or not box.size else float(np.abs(box).max()),
            background=config.get("background_color", "last_sample"),
        )
    except (ValidationError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(
            f"its settings make no nerfacto: {error}", "give what `ns-train nerfacto` wrote", where
        ) from None


def _transform(path: Path) -> np.ndarray:
    """World to field: turned and shifted first, then scaled. [4, 4]"""
    try:
        if path.stat().st_size > LARGEST_TEXT:
            raise ValueError("it is too large")
        given = json.loads(path.read_text(encoding="utf-8"))
        matrix = similarity(given["transform"])
        scale = float(given["scale"])
        if not np.isfinite(scale) or scale <= 0:
            raise ValueError(f"`scale` is {scale}")
    except OSError as error:
        remedy = "keep the run's dataparser_transforms.json beside its config.yml"
        raise BadInput(f"nobody knows where the field lies: {error.strerror}", remedy, str(path)) from None
    except (ValueError, KeyError, TypeError) as error:
        remedy = "give what `ns-train` wrote"
        raise BadInput(f"it is no `transform` and `scale`: {error}", remedy, str(path)) from None
    matrix[:3] *= scale
    return matrix
