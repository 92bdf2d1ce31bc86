"""How far each physics engine is off what mechanics says: the table of docs/engines.md.

    python -m benchmarks.sim_engines [--table]

Runs `multisynth.sim.engines.checks` on every engine that is installed. Prints JSON, or the table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys

from multisynth.sim import engines
from multisynth.sim.engines.checks import CHECKS

from benchmarks.machine import machine
from multisynth.errors import BadInput


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true", help="print Markdown")
    options = parser.parse_args()
    makers = {}
    for name in engines.ENGINES:
        try:
            makers[name] = engines.engine(name)
        except BadInput as missing:
            print(missing, file=sys.stderr)
    checks = [
        {
            "check": check.name, "unit": check.unit, "expected": round(check.expected, 5), "tolerance": check.tolerance,
            "measured": {name: round(check.measure(make), 5) for name, make in makers.items()},
        }
        for check in CHECKS
    ]  # fmt: skip
    if options.table:
        print("| | mechanics | within |", " | ".join(makers), "|")
        print("|---|---|---|" + "---|" * len(makers))
        for check in checks:
            unit = f" {check['unit']}" if check["unit"] else ""
            measured = " | ".join(f"{check['measured'][name]:.4g}" for name in makers)
            print(f"| {check['check']} | {check['expected']:.4g}{unit} | ±{check['tolerance']:g} | {measured} |")
        return
    command = " ".join(["python", "-m", "benchmarks.sim_engines", *sys.argv[1:]])
    print(json.dumps({"benchmark": "sim_engines", "command": command, **machine(*makers), "checks": checks}, indent=2))


if __name__ == "__main__":
    main()
