"""Times of the day."""

from __future__ import annotations

import re

_CLOCK = re.compile(
    r"(\d{1,2})(?:[:.](\d\d))?(?:\s*o['’]clock)?(?:\s*(?:([ap])\.?\s?m\b\.?|(noon|midnight)))?", re.IGNORECASE
)


def clock(text: str) -> tuple[frozenset[int], bool] | None:
    """The minutes after midnight that a time of the day may be, and whether it says which half of the day."""
    text = text.strip().rstrip(".")
    match = _CLOCK.fullmatch(f"12 {text}" if text.casefold() in ("noon", "midnight") else text)
    if match is None:
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or match[4] or "")[:1].lower()
    if hour > 24 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    if half:
        late = half in ("p", "n")
        return frozenset([(hour % 12 + 12 * late) * 60 + minute]), True
    hours = {hour % 12, hour % 12 + 12} if 1 <= hour <= 12 else {hour % 24}
    return frozenset(60 * hour + minute for hour in hours), False
