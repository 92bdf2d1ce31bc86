"""How much a program may use."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

MIB = 1 << 20
_SIGNALS = 1024
"""Signals that wait and timers, each of which holds memory of the kernel."""


class Limits(BaseModel):
    """Bounds on one run of a program and all processes that it starts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: float = Field(5, gt=0, le=3600, description="Processor time of each process, s, rounded up to whole ones.")
    wall: float = Field(15, gt=0, le=7200, description="Time by the clock, s.")
    memory: int = Field(
        512, ge=32, le=1 << 20, description="Address space of each process, and memory of all of them together, MiB."
    )
    processes: int = Field(16, ge=1, le=4096, description="Processes and threads at once.")
    output: int = Field(1 << 16, ge=0, le=1 << 30, description="Bytes of standard output, and as many of error output.")
    disk: int = Field(32, ge=1, le=1 << 16, description="Size of its folder, MiB, and of each file.")
    files: int = Field(2000, ge=1, le=1_000_000, description="Files and folders that it may make.")
    handles: int = Field(64, ge=8, le=65536, description="Open files of each process.")

    def rlimits(self, nested: bool) -> list[str]:
        """As arguments of `prlimit`.

        Args:
            nested: Whether the user has no other processes there, so that what belongs to the user can be limited.
        """
        processor = -(-self.seconds // 1)
        return [
            f"--cpu={int(processor)}:{int(processor) + 1}", f"--as={self.memory * MIB}", f"--fsize={self.disk * MIB}",
            f"--nofile={self.handles}", "--core=0",
            *([f"--nproc={self.processes}", f"--sigpending={_SIGNALS}"] if nested else []),
        ]  # fmt: skip
