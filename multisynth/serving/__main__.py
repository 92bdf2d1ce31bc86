"""`python -m multisynth.serving fetch NAME …`: have models ready before they are needed."""

from __future__ import annotations

import sys

from multisynth.errors import BadInput
from multisynth.serving.models import resolve


def main(arguments: list[str]) -> int:
    """Fetch models; return the exit code."""
    if len(arguments) < 2 or arguments[0] != "fetch":
        print("usage: python -m multisynth.serving fetch NAME …", file=sys.stderr)
        return 2
    try:
        for name in arguments[1:]:
            print(f"{name}: {resolve(name).path}")
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
