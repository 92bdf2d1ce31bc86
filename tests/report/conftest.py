"""Fixtures of the report's tests."""

from __future__ import annotations

from typing import Any

import lance
import pytest


@pytest.fixture
def columns_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the columns that are read of any table, as they are read."""
    asked: list[str] = []
    for name in ("scanner", "take"):
        read = getattr(lance.LanceDataset, name)

        def spy(self: Any, *args: Any, read: Any = read, **kwargs: Any) -> Any:
            asked.extend(kwargs.get("columns") or self.schema.names)
            return read(self, *args, **kwargs)

        monkeypatch.setattr(lance.LanceDataset, name, spy)
    return asked
