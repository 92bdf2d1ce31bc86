"""Models behind an OpenAI-compatible endpoint, as recipes name them."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.findings import SECRET
from multisynth.secrecy import is_variable, masked


class Endpoint(BaseModel):
    """A model behind an endpoint that speaks OpenAI's completions (vLLM's server, llama.cpp, hosted ones).

    The key is read from the environment, never written anywhere, and sent over https or to this machine alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(pattern=r"^https?://", max_length=2000, description="Base, as in `http://localhost:8000/v1`.")
    name: str = Field(min_length=1, max_length=500, description="What the endpoint calls the model.")
    key: str = Field("", description="Environment variable that holds the API key.")
    timeout: float = Field(120, ge=0.1, le=3600, description="Seconds without a byte before a request is tried again.")
    attempts: int = Field(10, ge=1, le=100, description="Times that a request is tried before it counts as failed.")
    at_once: int = Field(256, ge=1, le=4096, description="Requests at once at most; fewer while the endpoint objects.")

    @field_validator("url")
    @classmethod
    def _plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if masked(url) != url:
            raise PydanticCustomError(SECRET, "holds credentials: a key goes into a variable that `key` names")
        if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable():
            raise ValueError("must be http(s)://host[:port]/path; a key goes into a variable that `key` names")
        return url.rstrip("/")

    @field_validator("key", mode="before")
    @classmethod
    def _variable(cls, key: object) -> object:
        if not isinstance(key, str) or (key and not is_variable(key)):
            raise PydanticCustomError(
                SECRET, "must be the name of an environment variable, such as OPENAI_API_KEY, and not the key itself"
            )
        return key

    @property
    def local(self) -> bool:
        """Whether it is on this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")

    def secret(self) -> str:
        """The API key; empty where none is wanted.

        Raises:
            BadInput: It is not in the environment, cannot be sent, or would go over plain http to another machine.
        """
        if not self.key:
            return ""
        secret = os.environ.get(self.key, "").strip()
        if not secret:  # then nobody knows whether that is a variable's name, or the key itself
            raise BadInput(
                f"`key` of {self.url} names no environment variable that is set",
                "put the key into a variable, and the variable's name into `key`",
            )
        if self.url.startswith("http:") and not self.local:
            raise BadInput(
                f"the key in {self.key} would go to {self.url} for everyone on the way to read",
                "use https, or a tunnel to a port of localhost, or leave `key` away",
            )
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise BadInput(f"what {self.key} holds is no API key", "a key is one word of ASCII characters")
        return secret

    @property
    def artifact(self) -> Artifact:
        """Its node in the lineage: its weights are nobody's to hash, so name and address stand for them."""
        whole = hashlib.sha256(json.dumps([self.url, self.name]).encode()).hexdigest()
        return Artifact(f"sha256:{whole}", "endpoint", f"{self.name} at {self.url}")
