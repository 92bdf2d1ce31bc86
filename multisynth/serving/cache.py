"""Completions that were paid for already, on disk.

A request is known by the model's digest, the engine and its options, the prompt, the sampling and the id of the
watermark's key. So a run that was killed, or is run again, gets the same tokens at no cost. The file may be deleted at
any time, and forgets by itself what it was given first once it holds 16 GiB, millions of completions.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

from multisynth.serving.inbox import Outbox, Reply
from multisynth.serving.protocol import Completion

logger = logging.getLogger(__name__)
Found = TypeVar("Found")

TABLE = "CREATE TABLE IF NOT EXISTS completion1 (request TEXT PRIMARY KEY, value BLOB NOT NULL, crc INTEGER NOT NULL)"


MOST = 16 << 30
"""Bytes of completions that are kept."""
_FORGET = "DELETE FROM completion1 WHERE rowid <= (SELECT min(rowid) + (max(rowid) - min(rowid)) / 4 FROM completion1)"


def cache_file() -> Path:
    """Where completions are kept."""
    import platformdirs

    return Path(platformdirs.user_cache_path("multisynth")) / "completions.sqlite"


class _Write(NamedTuple):
    """A completion to keep, and who waits until it is kept."""

    digest: str
    completion: Completion
    reply: Reply


class RequestCache:
    """Completions by request digest; shared by threads and processes.

    A row that does not match its checksum, or holds no completion, counts as absent. A file that is no database is put
    aside; where there is no room or no permission, the cache goes without, and says so once for each reason.

    A thread writes: all that has come in while it wrote the last goes into one transaction. Whoever puts a completion
    waits for that, so an answer that anyone has seen survives a kill of the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        warned: set[str] = set()
        self._reads, self._writes = _Connection(path, warned), _Connection(path, warned)
        self._queue: SimpleQueue[_Write | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def get(self, digest: str) -> Completion | None:
        """The completion of a request, if it was answered before."""

        def read(database: sqlite3.Connection) -> Completion | None:
            row = database.execute("SELECT value, crc FROM completion1 WHERE request = ?", (digest,)).fetchone()
            try:
                return None if row is None or zlib.crc32(row[0]) != row[1] else _unpack(row[0])
            except (ValueError, KeyError, TypeError, zlib.error):  # another version's, or somebody's own
                return None

        return self._reads.use(read, None)

    async def put(self, digest: str, completion: Completion) -> None:
        """Keep a completion; returns when it is kept."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="multisynth-cache", daemon=True)
                self._thread.start()
            write = _Write(digest, completion, Reply.here())
            self._queue.put(write)
        await write.reply.future

    def close(self) -> None:
        """Let go of the file, until the next call."""
        with self._lock:
            if self._thread is not None:
                self._queue.put(None)
                self._thread.join()
                self._thread = None
        self._reads.close()
        self._writes.close()

    def _write(self) -> None:
        outbox, more = Outbox(), True
        while more:
            items = [self._queue.get()]
            while not self._queue.empty():
                items.append(self._queue.get())
            more = None not in items
            writes = [item for item in items if item is not None]
            rows = [(write.digest, *_pack(write.completion)) for write in writes]

            def insert(database: sqlite3.Connection, rows: list[tuple[str, bytes, int]] = rows) -> None:
                with database:
                    database.executemany("INSERT OR REPLACE INTO completion1 VALUES (?, ?, ?)", rows)
                if _held(database) > MOST:
                    with database:
                        database.execute(_FORGET)

            self._writes.use(insert, None)
            for write in writes:
                outbox.put(write.reply, None)
            outbox.send()


class _Connection:
    """One connection to a database, opened when it is needed and again after a failure."""

    def __init__(self, path: Path, warned: set[str]) -> None:
        self.path, self._warned = path, warned
        self._database: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def use(self, work: Callable[[sqlite3.Connection], Found], otherwise: Found) -> Found:
        """What `work` returns, or `otherwise` where the database cannot be used."""
        for attempt in range(2):
            try:
                with self._lock:
                    self._database = self._database or self._open()
                    return work(self._database)
            except (sqlite3.OperationalError, OSError) as error:  # locked, full, read-only: go without
                if str(error) not in self._warned:
                    self._warned.add(str(error))
                    logger.warning("the request cache %s cannot be used: %s", self.path, error)
                self.close()
                return otherwise
            except sqlite3.DatabaseError as error:
                self.close()
                aside = self.path.with_suffix(".corrupt")
                logger.warning("the request cache is corrupt and put aside as %s: %s", aside, error)
                self._put_aside(aside)
                if attempt:
                    return otherwise
        return otherwise

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                with suppress(sqlite3.Error):
                    self._database.close()
                self._database = None

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self.path, timeout=30, check_same_thread=False)
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


def _held(database: sqlite3.Connection) -> int:
    """Bytes in use; room that was given back is used again, though the file keeps its length."""
    pages, free, size = (
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _pack(completion: Completion) -> tuple[bytes, int]:
    # The fastest level: the writer shares the cores with the engine.
    fields = {name: value for name, value in vars(completion).items() if name != "cached"}
    value = zlib.compress(json.dumps(fields).encode(), 1)
    return value, zlib.crc32(value)


def _unpack(value: bytes) -> Completion:
    fields = json.loads(zlib.decompress(value))
    fields["token_ids"] = tuple(fields["token_ids"])
    if fields["logprobs"] is not None:
        fields["logprobs"] = tuple(fields["logprobs"])
    if fields.get("alternatives") is not None:
        fields["alternatives"] = tuple(
            tuple((text, value) for text, value in place) for place in fields["alternatives"]
        )
    return Completion(**fields)
