"""A scripted expert of pick and place for all worlds at once, in torch, from what they observe."""

from __future__ import annotations

import math

import torch

from ..environments.controls import SPEED, TURN

OVER, DOWN, CLOSE, LIFT, ACROSS, LOWER, OPEN, AWAY = range(8)
HIGH = 0.13  # m, above the object or its goal
FAST, SLOW = 0.5, 0.25  # m/s; above things, and close to them
GAIN = 0.45  # of the way left that an action asks for: the hand lags behind what it was asked for before
CLOSING, OPENING = 8, 4  # control steps that the fingers take
PATIENCE = 30  # control steps, after which a place counts as reached
LOST = 0.07  # m from hand to object, which it then does not hold


class PickPlaceExpert:
    """Goes over the object, down, closes, lifts, goes over the goal, down, opens; starts again when it lost it.

    Args:
        count: Worlds. N
        device: As torch calls it.
        rate: Control steps a second, Hz.
    """

    def __init__(self, count: int, device: torch.device, rate: float = 20.0) -> None:
        self._phase = torch.zeros(count, dtype=torch.long, device=device)
        self._waited = torch.zeros(count, dtype=torch.long, device=device)
        self._rate, self._stride, self._turn = rate, SPEED / rate, TURN / rate
        self._up = torch.tensor([0.0, 0.0, HIGH], device=device)

    def reset(self, over: torch.Tensor) -> None:
        """Start again where an episode is over. [N]"""
        self._phase.masked_fill_(over, OVER)
        self._waited.masked_fill_(over, 0)

    def act(self, observations: torch.Tensor) -> torch.Tensor:
        """Actions of the control `ee_delta`. [N, 36] → [N, 7]"""
        hand, thing, goal = observations[:, 15:18], observations[:, 22:25], observations[:, 29:32]
        away = (thing - hand).norm(dim=1)
        phase, waited = self._phase, self._waited
        lost = (phase >= LIFT) & (phase <= LOWER) & (away > LOST)
        phase = torch.where(lost, OVER, phase)
        waited = torch.where(lost, 0, waited + 1)

        lift, stay = torch.cat([hand[:, :2], goal[:, 2:] + HIGH], 1), hand
        over, above = thing + self._up, goal + self._up
        places = torch.stack([over, thing, stay, lift, above, goal, stay, above], 1)  # [N, 8, 3]
        place = places[torch.arange(len(phase), device=phase.device), phase]
        held = (phase == ACROSS) | (phase == LOWER)  # then the object is led, wherever between the fingers it is
        way = place - torch.where(held[:, None], thing, hand)
        distance = way.norm(dim=1, keepdim=True)
        low = (phase == DOWN) | (phase == LOWER) | (phase == CLOSE)
        fastest = torch.where(low, SLOW, FAST)[:, None] / self._rate
        move = way * torch.clamp(fastest / distance.clamp(min=1e-9), max=GAIN)
        turn = self._off(observations)
        turning = torch.where(phase <= DOWN, GAIN * turn, torch.zeros_like(turn)).clamp(-self._turn, self._turn)
        grip = torch.where((phase >= CLOSE) & (phase <= LOWER), -1.0, 1.0)
        flat = torch.zeros_like(turning)
        action = torch.cat(
            [move / self._stride, torch.stack([flat, flat, turning / self._turn, grip], 1)], 1
        ).clamp(-1, 1)  # fmt: skip

        there = distance[:, 0] < torch.where(low, 0.006, 0.015)
        there &= (phase != OVER) | (turn.abs() < 0.04)
        there |= waited > PATIENCE
        there = torch.where(phase == CLOSE, waited > CLOSING, torch.where(phase == OPEN, waited > OPENING, there))
        self._phase = torch.where(there, (phase + 1) % (AWAY + 1), phase)
        self._waited = torch.where(there, 0, waited)
        return action

    def _off(self, observations: torch.Tensor) -> torch.Tensor:
        """How far the hand is turned from the object's nearer sides, rad. [N]"""
        thing = 2 * torch.atan2(observations[:, 28], observations[:, 25])
        hand = 2 * torch.atan2(observations[:, 20], observations[:, 19])  # fingers down: x, y of the quaternion
        quarter = math.pi / 2
        return (thing - hand + quarter / 2) % quarter - quarter / 2
