"""Numbers and samples in words, for a reader."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from multisynth.kinds import COMMON
from multisynth.sample import Sample


def count(value: int) -> str:
    """1234567 as 1,234,567."""
    return f"{value:,}"


def plural(kind: str, number: int) -> str:
    """A kind's name for so many samples."""
    if number == 1 or kind.endswith(("s", "ing")):
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def seconds(value: float | None) -> str:
    """A duration, s, in the unit that fits."""
    if value is None:
        return "–"
    for size, unit in ((3600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.1f} {unit}"
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 0.9995:
            return f"{value * factor:.3g} {unit}"
    return "0 s" if value <= 0 else f"{value * 1e9:.2g} ns"


def size(value: int) -> str:
    """Bytes, in the unit that fits."""
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} TB"


def number(value: Any) -> str:
    """A number; of one that is not whole, four figures, or those before the point."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return str(value)
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def excerpt(value: Any, most: int = 200) -> str:
    """The beginning of a text, its white space as it is."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def brief(value: Any, most: int = 80) -> Any:
    """A cell in short: plain numbers stay, a tensor gives its shape, media give their size, text is cut."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, np.ndarray):
        return f"{value.dtype} [{', '.join(map(str, value.shape))}]"
    if isinstance(value, bytes):
        return size(len(value))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{len(value)} entries"
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return excerpt(" ".join(text.split()), most)


def headline(sample: Sample, most: int = 160) -> str:
    """What a sample is, in a line: its text, its instruction, or its first columns."""
    kind = sample.kind
    for column in (kind.text, "instruction", "name", "text"):
        if column and column in kind.columns and isinstance(sample[column], str):
            return excerpt(" ".join(sample[column].split()), most)
    plain = [name for name in own_columns(sample) if not kind.columns[name].is_tensor and sample[name] is not None]
    return excerpt(", ".join(f"{name} {brief(sample[name], 40)}" for name in plain[:4]), most)


def measured(sample: Sample, most: int = 14) -> list[tuple[str, str]]:
    """What stages measured of a sample, flat: `a.b` for what is nested; nothing where a text is empty."""
    return [(name, excerpt(number(value), 90)) for name, value in flat(sample.meta) if value != ""][:most]


def flat(values: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """The leaves of nested mappings and of short lists of plain values, each with its dotted name."""
    if isinstance(values, dict):
        return [
            leaf for key, value in values.items() for leaf in flat(value, f"{prefix}.{key}" if prefix else str(key))
        ]
    if isinstance(values, list) and values and len(values) <= 4 and not any(isinstance(v, list) for v in values):
        return [leaf for key, value in enumerate(values) for leaf in flat(value, f"{prefix}.{key}")]
    return [(prefix, values)]


def own_columns(sample: Sample) -> list[str]:
    """A kind's own columns that are not media."""
    return [name for name in sample.kind.columns if name not in COMMON and name not in sample.kind.media]


def given(sample: Sample, column: str) -> Any:
    """A column; None where the sample's table has none, such as one of a run of an earlier version."""
    return sample[column] if column in sample.kind.columns else None
