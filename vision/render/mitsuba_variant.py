"""Which of Mitsuba's variants this machine can run."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

from multisynth.errors import BadInput

Backend = Literal["auto", "llvm", "scalar"]

_WORKING = range(17, 21)  # LLVM 15 and 16 abort the process
_PLACES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt")
_NAMES = ("*/libLLVM*.so*", "libLLVM*.so*", "llvm-*/lib/libLLVM*.so*", "*/llvm*/lib*/libLLVM*.so*")


def mitsuba(spectral: bool = False, backend: Backend = "auto") -> Any:
    """The module, set to a variant.

    Args:
        spectral: Whether light is sampled by its wavelength, 360 to 830 nm, instead of by red, green and blue.
        backend: llvm compiles for the processor; scalar needs nothing but Mitsuba; auto takes llvm where it works.

    Raises:
        BadInput: There is no LLVM that works, and it was asked for by name.
    """
    found = None if backend == "scalar" else llvm()
    if backend == "llvm" and found is None:
        remedy = f"install LLVM {_WORKING[0]} to {_WORKING[-1]}, or set DRJIT_LIBLLVM_PATH to its library"
        raise BadInput("Mitsuba finds no LLVM that works", remedy)
    if found is not None:
        os.environ["DRJIT_LIBLLVM_PATH"] = str(found)
    import mitsuba as module

    colours = "spectral" if spectral else "rgb"
    module.set_variant(f"scalar_{colours}" if found is None else f"llvm_ad_{colours}")
    return module


@cache
def llvm() -> Path | None:
    """The library of an LLVM that Mitsuba works with: that of DRJIT_LIBLLVM_PATH, else the newest installed."""
    if named := os.environ.get("DRJIT_LIBLLVM_PATH"):
        return Path(named) if Path(named).is_file() else None
    found = [
        (version, path)
        for place in _PLACES
        for name in _NAMES
        for path in Path(place).glob(name)
        if (version := _version(path)) in _WORKING
    ]
    return max(found)[1] if found else None


def _version(path: Path) -> int:
    """Of `libLLVM.so.19.1`, `libLLVM-19.so`, and what links to them; 0 where none can be told."""
    for name in (path.name, path.resolve().name):
        if match := re.search(r"libLLVM(?:\.so\.|-)(\d+)", name):
            return int(match[1])
    return 0
