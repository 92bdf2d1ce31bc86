"""Licences of what is made from several works."""

from __future__ import annotations

from collections.abc import Sequence


def joint(names: Sequence[str]) -> str:
    """The licence of something for which all of these hold, as an SPDX expression.

    Args:
        names: SPDX identifiers or expressions; empty ones say nothing.
    """
    parts = sorted({part for name in names for part in ([name] if " OR " in name else name.split(" AND ")) if part})
    return parts[0] if len(parts) == 1 else " AND ".join(f"({part})" if " OR " in part else part for part in parts)
