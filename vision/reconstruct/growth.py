"""How Gaussians come and go: gsplat's strategies, kept below a number of Gaussians."""

from __future__ import annotations

from typing import Any

import torch
from gsplat.strategy import DefaultStrategy, MCMCStrategy

from .options import Splats
from .relocate import Mcmc
from .splats import Parameters


class Capped(DefaultStrategy):
    """gsplat's default strategy, in which the steepest grow first where not all may."""

    most: int = 2**62
    grow_grad2d: float

    def _grow_gs(self, params: Any, optimizers: Any, state: dict[str, Any], step: int) -> tuple[int, int]:
        """Split and duplicate, each of which adds one."""
        usual, room = self.grow_grad2d, self.most - len(params["means"])
        mean = state["grad2d"] / state["count"].clamp_min(1)
        if int((mean > usual).sum()) > room:
            self.grow_grad2d = float(torch.topk(mean, room + 1).values[-1]) if room > 0 else float("inf")
        grown: tuple[int, int] = super()._grow_gs(params, optimizers, state, step)
        self.grow_grad2d = usual
        return grown


class Growth:
    """A strategy with its state.

    Args:
        options: Which one, and when it acts.
        steps: Of the whole training.
        parameters: What grows.
        optimisers: Theirs, one a parameter.
    """

    def __init__(self, options: Splats, steps: int, parameters: Parameters, optimisers: dict[str, Any]) -> None:
        self._parameters, self._optimisers = parameters, optimisers
        when = {
            "refine_start_iter": options.refine_from, "refine_every": options.refine_every,
            "refine_stop_iter": round(options.refine_until * steps),
        }  # fmt: skip
        self._strategy: Any
        if options.strategy == "mcmc":
            kind = MCMCStrategy if parameters["means"].is_cuda else Mcmc
            self._strategy = kind(cap_max=options.max_gaussians, **when)
            self._state = self._strategy.initialize_state()
        else:
            self._strategy = Capped(grow_grad2d=options.grow_gradient, **when)
            self._strategy.most = options.max_gaussians
            self._state = self._strategy.initialize_state(scene_scale=1.0)
        self._strategy.check_sanity(parameters, optimisers)

    def before(self, step: int, info: dict[str, Any]) -> None:
        """Ask for the gradients that are needed, before the backward pass."""
        self._strategy.step_pre_backward(self._parameters, self._optimisers, self._state, step, info)

    def after(self, step: int, info: dict[str, Any], rate: float) -> None:
        """Grow and prune once the optimisers have stepped, at the learning rate of places."""
        given = self._parameters, self._optimisers, self._state, step, info
        if isinstance(self._strategy, MCMCStrategy):
            self._strategy.step_post_backward(*given, lr=rate)
        else:
            self._strategy.step_post_backward(*given, packed=False)
