"""What may be a secret, and is therefore neither shown nor kept: keys of APIs, passwords, what URLs and headers carry.

A recipe names the environment variable that holds a secret; the secret itself stands in none.
"""

from __future__ import annotations

import re

_VARIABLE = re.compile(r"[A-Z]{1,20}[0-9]{0,2}(_[A-Z0-9]{1,20}){0,7}")
"""What names of environment variables look like, and keys of APIs do not."""
_SECRET = re.compile(
    r"(?<=://)([^\s/?#@]{1,300}|[^\s/?#@:]{1,100}:(?!\d+[/?#])[^\s@]{1,300})(?=@)"  # userinfo of RFC 3986
    r"|(?<=[?&])([\w-]{0,60}(?:key|token|secret|password|passwd|signature|sig|credential)=)[^\s&#]+"
    r"|\b((?:proxy-)?authorization\s*:|(?:x-)?api-key\s*:|bearer\s(?=\S{0,60}\d)(?=\S{16}))\s*\S.*"
    r"|\b(?:sk-|gsk_|hf_|glpat-|gh[opsur]_|github_pat_|xox[a-z]-|AIza|AKIA|eyJ)(?=[\w-]{0,60}\d)[\w.-]{12,}",
    re.IGNORECASE,
)
"""The beginnings in the last line are those of well-known services, after gitleaks. Lengths are bounded since recipes
are hostile text."""
_NAME = re.compile(r"[\w.@/<-]{0,64}")


def is_variable(text: str) -> bool:
    """Whether this looks like the name of an environment variable."""
    return bool(_VARIABLE.fullmatch(text))


def masked(text: str) -> str:
    """A text with … for what looks like a secret."""
    if text.isalnum() and len(text) < 15:
        return text
    return _SECRET.sub(lambda match: f"{match[2] or match[3] or ''}…", text)


def named(text: str) -> str:
    """A name that someone gave, as far as it looks like one: `key:secret` lacks a blank, and is a name to YAML."""
    match = _NAME.match(masked(text))
    found = match[0] if match else ""
    return found if found == text else f"{found}…"
