"""The secret key of the text watermark.

It is read from the environment variable MULTISYNTH_WATERMARK_KEY or else from a file in the user's configuration
folder that only the user can read, made on first use. It is in no recipe, log or table; those hold its id, from which
it cannot be computed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import tempfile
from functools import lru_cache
from pathlib import Path

from multisynth.errors import BadInput

VARIABLE = "MULTISYNTH_WATERMARK_KEY"
SHORTEST = 16  # characters


def key_file() -> Path:
    """Where the key lies if the environment does not give it."""
    import platformdirs

    return Path(platformdirs.user_config_path("multisynth")) / "watermark.key"


def load_key() -> bytes:
    """The key, 32 bytes.

    Raises:
        BadInput: It is too short to be secret, or others can read its file.
    """
    given = os.environ.get(VARIABLE)
    if given is not None:
        return _stretch(given.strip(), VARIABLE)
    path = key_file()
    if not path.exists():
        _create(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadInput(f"others can read the watermark's key in {path}", f"run `chmod 600 {path}`")
    return _stretch(path.read_text().strip(), str(path))


def key_id(key: bytes) -> str:
    """A name for the key, 16 hexadecimal digits, that tells nothing about it."""
    return hashlib.blake2b(b"id", key=key, digest_size=8, person=b"multisynth.mark").hexdigest()


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes the file 0600 from the start; the link fails if another process was first, and then that key holds.
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".watermark-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
        os.link(scratch, path)
    except FileExistsError:
        pass
    finally:
        Path(scratch).unlink()


@lru_cache(maxsize=8)
def _stretch(secret: str, where: str) -> bytes:
    if len(secret) < SHORTEST:
        raise BadInput(
            f"the watermark's key in {where} has fewer than {SHORTEST} characters",
            "use `python -c 'import secrets; print(secrets.token_hex(32))'`",
        )
    # A passphrase must not be found by trying words against a key id, so trying one costs 50 ms.
    return hashlib.scrypt(secret.encode(), salt=b"multisynth.watermark", n=2**14, r=8, p=1, dklen=32)
