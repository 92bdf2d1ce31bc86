"""e to a negative power in instructions that a compiler can vectorise, which the C library's function prevents."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from .compiled import inlined

_LOG2E = np.float32(1.4426950408889634)
_ROUND = np.float32(12582912.0)  # 1.5·2²³: what is added to it loses its fraction, and the integer is its last bits
_FAR = np.float32(60.0)
_P1, _P2, _P3 = np.float32(0.69314718056), np.float32(0.24022650696), np.float32(0.05550410866)
_P4, _P5, _P6 = np.float32(0.00961812911), np.float32(0.00133335581), np.float32(0.000154035304)
_ONE = np.float32(1.0)
_MANTISSA = np.int32(23)


@intrinsic  # type: ignore[untyped-decorator]
def _bits(typing: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int32))

    return types.int32(types.float32), generate


@intrinsic  # type: ignore[untyped-decorator]
def _number(typing: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return types.float32(types.int32), generate


@inlined
def exp_minus(sigma):  # type: ignore[no-untyped-def]
    """e^-sigma of a float32 from 0 to 60, by 2^n · 2^f with a polynomial for f in ±0.5; relative error 3e-7."""
    bounded = sigma if sigma < _FAR else _FAR
    power = -bounded * _LOG2E
    shifted = power + _ROUND
    f = power - (shifted - _ROUND)
    root = _ONE + f * (_P1 + f * (_P2 + f * (_P3 + f * (_P4 + f * (_P5 + f * _P6)))))
    return _number(np.int32(_bits(root) + (_bits(shifted) << _MANTISSA)))
