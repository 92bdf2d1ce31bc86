"""nerfacto in torch, put together from nerfstudio's own fields, samplers, renderers and losses.

`nerfstudio.models.nerfacto.NerfactoModel` is these same parts under these same names; its constructor downloads the
weights of LPIPS, and its module wants torchmetrics and more, so it is not used.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from multisynth.errors import BadInput

from ..cameras.lenses import unit_rays
from ..cameras.viewpoint import Viewpoint
from .nerfacto_field import Architecture, Nerf, turn

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # of torch, about how nerfstudio says that it wants CUDA's autocast
    from nerfstudio.cameras.rays import RayBundle
    from nerfstudio.field_components.field_heads import FieldHeadNames
    from nerfstudio.field_components.spatial_distortions import SceneContraction
    from nerfstudio.fields.density_fields import HashMLPDensityField
    from nerfstudio.fields.nerfacto_field import NerfactoField
    from nerfstudio.model_components.losses import distortion_loss, interlevel_loss
    from nerfstudio.model_components.ray_samplers import ProposalNetworkSampler, UniformSampler
    from nerfstudio.model_components.renderers import DepthRenderer, RGBRenderer

from .nerfacto_hash import quicken

CHUNK = 1 << 12, 1 << 15
"""Rays at a time on a processor and on CUDA."""
ANNEALED = 1000
"""Steps over which samples move from even to where the proposals are dense, as in `ns-train nerfacto`."""
INTERLEVEL, DISTORTION = 1.0, 0.002
"""Weights of the losses, as in `ns-train nerfacto`."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What R rays see; distances along them, in the field's lengths."""

    colour: Tensor  # [R, 3] sRGB, 0 to 1
    opacity: Tensor  # [R] 0 to 1
    mean: Tensor  # [R] distance, mean over what is there
    median: Tensor  # [R] distance where half the light is gone


class Nerfacto(nn.Module):
    """The networks, and how rays go through them."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = one = architecture
        box = torch.tensor([[-one.box] * 3, [one.box] * 3])
        contraction = SceneContraction(order=float("inf")) if one.contracted else None
        self.field = NerfactoField(
            box,
            num_images=one.images,
            hidden_dim=one.hidden,
            num_levels=one.levels,
            base_res=one.base_resolution,
            max_res=one.max_resolution,
            log2_hashmap_size=one.log2_table,
            features_per_level=one.features,
            hidden_dim_color=one.hidden_colour,
            appearance_embedding_dim=one.appearance,
            use_average_appearance_embedding=one.mean_appearance,
            spatial_distortion=contraction,
            average_init_density=one.initial_density,
            implementation="torch",
        )
        self.proposal_networks = nn.ModuleList(
            HashMLPDensityField(
                box,
                hidden_dim=each.hidden,
                num_levels=each.levels,
                base_res=each.base_resolution,
                max_res=each.max_resolution,
                log2_hashmap_size=each.log2_table,
                spatial_distortion=contraction,
                average_init_density=one.initial_density,
                implementation="torch",
            )
            for each in one.proposals
        )
        rounds = len(one.proposal_samples)
        self._densities = [self.proposal_networks[min(i, len(one.proposals) - 1)].density_fn for i in range(rounds)]
        self._sampler = ProposalNetworkSampler(
            num_nerf_samples_per_ray=one.samples,
            num_proposal_samples_per_ray=one.proposal_samples,
            num_proposal_network_iterations=rounds,
            single_jitter=True,
            update_sched=lambda step: float(np.clip(step / 1000, 1, 5)),
            initial_sampler=UniformSampler(single_jitter=True) if one.uniform else None,
        )
        self._colours = RGBRenderer(background_color=one.background)
        self._mean, self._median = DepthRenderer("expected"), DepthRenderer("median")
        quicken(self)

    def losses(self, step: int, origins: Tensor, directions: Tensor, colours: Tensor) -> dict[str, Tensor]:
        """What to make small at this step: of the colours, of the proposals, and of weight far from where it should be.

        Args:
            step: 0, 1, …
            origins: [R, 3], in the field
            directions: Unit length. [R, 3]
            colours: What the rays should see: sRGB, 0 to 1. [R, 3]
        """
        progress = min(step / ANNEALED, 1.0)
        self._sampler.set_anneal(10 * progress / (9 * progress + 1))  # Mip-NeRF 360, equation 18
        values, weights, samples, history, intervals = self._march(origins, directions)
        self._sampler.step_cb(step)
        history, intervals = [*history, weights], [*intervals, samples]
        seen = self._colours(rgb=values[FieldHeadNames.RGB], weights=weights)
        return {
            "colour": nn.functional.mse_loss(seen, colours),
            "interlevel": INTERLEVEL * interlevel_loss(history, intervals),
            "distortion": DISTORTION * distortion_loss(history, intervals),
        }

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def see(self, origins: Tensor, directions: Tensor) -> Seen:
        """What rays see, in chunks; nothing of it is random.

        Args:
            origins: [R, 3], in the field
            directions: Unit length. [R, 3]
        """
        self.eval()
        size = CHUNK[origins.is_cuda]
        parts = [self._see(*chunk) for chunk in zip(origins.split(size), directions.split(size), strict=True)]
        return Seen(*(torch.cat(part) for part in zip(*parts, strict=True)))

    def _see(self, origins: Tensor, directions: Tensor) -> tuple[Tensor, ...]:
        values, weights, samples, _, _ = self._march(origins, directions)
        return (
            self._colours(rgb=values[FieldHeadNames.RGB], weights=weights),
            weights.sum(1)[:, 0].clamp(max=1),
            self._mean(weights=weights, ray_samples=samples)[:, 0],
            self._median(weights=weights, ray_samples=samples)[:, 0],
        )

    def _march(self, origins: Tensor, directions: Tensor) -> tuple[Any, Tensor, Any, list[Tensor], list[Any]]:
        one = torch.ones_like(origins[:, :1])
        bundle = RayBundle(
            origins=origins,
            directions=directions,
            pixel_area=one,
            camera_indices=torch.zeros_like(one, dtype=torch.long),
            nears=one * self.architecture.near,
            fars=one * self.architecture.far,
        )
        samples, history, intervals = self._sampler(bundle, density_fns=self._densities)
        values = self.field(samples)
        return values, samples.get_weights(values[FieldHeadNames.DENSITY]), samples, history, intervals

    def weights(self) -> dict[str, np.ndarray]:
        """Its parameters, float32, each once."""
        return {name: value.detach().float().cpu().numpy() for name, value in self.named_parameters()}

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take parameters over.

        Raises:
            BadInput: One is missing or has another shape.
        """
        for name, parameter in self.named_parameters():
            value = weights.get(name)
            if value is None or value.shape != tuple(parameter.shape):
                found = "is missing" if value is None else f"is {value.shape}, not {tuple(parameter.shape)}"
                raise BadInput(f"the weight `{name}` of the nerfacto {found}", "the file is broken or of another model")
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(np.array(value, np.float32)))


def build(nerf: Nerf, device: str) -> Nerfacto:
    """The networks of a trained nerfacto, ready to see.

    Raises:
        BadInput: Its weights do not fit its architecture.
    """
    held = sum(value.size for value in nerf.weights.values())
    if nerf.architecture.parameters() > held:
        raise BadInput("the nerfacto holds fewer weights than its architecture has", "the file is broken")
    with seeded(0, device):
        model = Nerfacto(nerf.architecture)
    model.load(nerf.weights)
    return model.to(device).eval()


def look(model: Nerfacto, nerf: Nerf, viewpoint: Viewpoint) -> Seen:
    """What is seen through a viewpoint, as images; distances in the world's lengths; 0 where the lens has no ray."""
    device = next(model.parameters()).device
    matrix, height, width = nerf.world_to_field, viewpoint.height, viewpoint.width
    directions = unit_rays(viewpoint).reshape(-1, 3)
    there = np.isfinite(directions).all(axis=1)
    directions = np.where(there[:, None], directions, (0.0, 0.0, 1.0)) @ viewpoint.world_to_camera[:3, :3]
    origin = matrix[:3, :3] @ viewpoint.centre + matrix[:3, 3]
    seen = model.see(
        torch.as_tensor(origin, dtype=torch.float32, device=device).expand(len(directions), 3),
        torch.as_tensor(directions @ turn(matrix).T, dtype=torch.float32, device=device),
    )
    mask = torch.as_tensor(there, dtype=torch.float32, device=device)
    return Seen(
        (seen.colour * mask[:, None]).view(height, width, 3),
        (seen.opacity * mask).view(height, width),
        (seen.mean * mask / nerf.scale).view(height, width),
        (seen.median * mask / nerf.scale).view(height, width),
    )


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Torch's own draws from a seed, and afterwards as if nothing had been drawn."""
    with torch.random.fork_rng([torch.cuda.current_device()] if device.startswith("cuda") else []):
        torch.manual_seed(seed)
        yield
