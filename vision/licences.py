"""Licences of what is made from several things, as SPDX expressions (SPDX 2.3, annex D)."""

from __future__ import annotations

from collections.abc import Iterable

UNKNOWN = "LicenseRef-unknown"
"""Of files that a user has brought: whoever took a photo decides about it, and nobody has said what."""


def all_of(names: Iterable[str]) -> str:
    """The licence of something that all of these hold for: each once, in alphabetical order, joined by AND."""
    parts = sorted({part for name in names for part in _parts(name) if part})
    return parts[0] if len(parts) == 1 else " AND ".join(f"({part})" if " OR " in part else part for part in parts)


def _parts(name: str) -> list[str]:
    """What AND joins; an expression with a choice stays whole."""
    return [name] if " OR " in name else name.split(" AND ")
