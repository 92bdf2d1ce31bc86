"""Completions that were paid for already, on disk.

A request is known by the model's digest, the engine, the prompt, the sampling and the id of the watermark's key. So a
run that was killed, or is run again, gets the same tokens at no cost. The file may be deleted at any time.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from multisynth.serving.protocol import Completion

logger = logging.getLogger(__name__)
Found = TypeVar("Found")

TABLE = "CREATE TABLE IF NOT EXISTS completion1 (request TEXT PRIMARY KEY, value BLOB NOT NULL, crc INTEGER NOT NULL)"


def cache_file() -> Path:
    """Where completions are kept."""
    import platformdirs

    return Path(platformdirs.user_cache_path("multisynth")) / "completions.sqlite"


class RequestCache:
    """Completions by request digest; shared by threads and processes.

    A row that does not match its checksum counts as absent. A file that is no database is put aside; where there is no
    room or no permission, the cache goes without.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def get(self, digest: str) -> Completion | None:
        """The completion of a request, if it was answered before."""

        def read(database: sqlite3.Connection) -> Completion | None:
            row = database.execute("SELECT value, crc FROM completion1 WHERE request = ?", (digest,)).fetchone()
            return None if row is None or zlib.crc32(row[0]) != row[1] else _unpack(row[0])

        return self._try(read, None)

    def put(self, digest: str, completion: Completion) -> None:
        """Keep a completion."""
        value = zlib.compress(json.dumps(asdict(completion)).encode())

        def write(database: sqlite3.Connection) -> None:
            with database:
                database.execute(
                    "INSERT OR REPLACE INTO completion1 VALUES (?, ?, ?)", (digest, value, zlib.crc32(value))
                )

        self._try(write, None)

    def _try(self, work: Callable[[sqlite3.Connection], Found], otherwise: Found) -> Found:
        for attempt in range(2):
            try:
                with self._lock, closing(self._connect()) as database:
                    return work(database)
            except (sqlite3.OperationalError, OSError) as error:  # locked, full, read-only: go without
                logger.warning("the request cache %s cannot be used: %s", self.path, error)
                return otherwise
            except sqlite3.DatabaseError as error:
                aside = self.path.with_suffix(".corrupt")
                logger.warning("the request cache is corrupt and put aside as %s: %s", aside, error)
                self._put_aside(aside)
                if attempt:
                    return otherwise
        return otherwise

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self.path, timeout=30)
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.execute(TABLE)
        except BaseException:
            database.close()
            raise
        return database

    def _put_aside(self, aside: Path) -> None:
        for ending in ("", "-wal", "-shm"):
            file = Path(f"{self.path}{ending}")
            if file.exists():
                file.replace(f"{aside}{ending}")


def _unpack(value: bytes) -> Completion:
    fields = json.loads(zlib.decompress(value))
    fields["token_ids"] = tuple(fields["token_ids"])
    if fields["logprobs"] is not None:
        fields["logprobs"] = tuple(fields["logprobs"])
    return Completion(**fields)
