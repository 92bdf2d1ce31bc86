"""The command line. Facts go to standard output, as a table or with `--json`; progress and errors to standard error.

Exit code 0: done. 1: finished with failures past the budget. 2: bad input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Synthetic data in every modality, with the lineage, the checks and the cost of every sample.",
)

Json = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]
RecipeFile = Annotated[Path, typer.Argument(help="The recipe, a YAML file.", metavar="RECIPE")]
RunFolder = Annotated[Path, typer.Argument(help="The folder of a run.", metavar="RUN")]


class Where(StrEnum):
    """Who does the work."""

    local = "local"
    ray = "ray"


@app.command()
def run(
    recipe: RecipeFile,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/NAME by default.")] = None,
    executor: Annotated[Where, typer.Option(help="Processes on this machine, or Ray.")] = Where.local,
    workers: Annotated[int | None, typer.Option(min=1, help="Cores to use; all by default.")] = None,
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster; by default Ray is started here.")] = None,
    as_json: Json = False,
) -> None:
    """Execute a recipe, or go on with it where it was stopped."""
    from multisynth import execute, report
    from multisynth.progress import LiveProgress
    from multisynth.recipe import Recipe
    from multisynth.store import Store

    checked = Recipe.load(recipe)
    folder = out or Path("runs") / checked.name
    chosen = _executor(executor, workers, address)
    try:
        with LiveProgress([step.name for step in checked.steps]) as progress:
            result = execute.run(checked, folder, chosen, progress)
    finally:
        chosen.close()
    page = report.write(Store.open(folder))
    facts = {
        "run": str(folder),
        "ok": result.ok,
        "stages": result.states,
        "exports": result.exports,
        "report": str(page),
    }
    if as_json:
        _print_json(facts)
    else:
        for name, records in result.exports.items():
            typer.echo(f"{folder / 'exports' / name}: {records} records")
        typer.echo(f"report: {page}")
        for name, state in result.states.items():
            if state != "done":
                typer.echo(f"stage {name}: {state}; see `multisynth inspect {folder} {name}`", err=True)
    raise typer.Exit(0 if result.ok else 1)


@app.command()
def check(recipe: RecipeFile, as_json: Json = False) -> None:
    """Check a recipe in full, the models that it needs included, and run nothing."""
    from multisynth.recipe import Recipe

    checked = Recipe.load(recipe)
    rows = [
        {
            "stage": step.name, "use": step.use, "from": list(step.inputs), "makes": step.makes.name,
            "made with": [artifact.name for artifact in step.artifacts()],
        }
        for step in checked.steps
    ]  # fmt: skip
    _print(rows, as_json)


@app.command()
def stages(as_json: Json = False) -> None:
    """List the stages that a recipe can use."""
    from multisynth import registry
    from multisynth.errors import BadInput

    rows = []
    for name in registry.names("multisynth.stages"):
        try:
            cls = registry.stage(name)
        except BadInput as error:
            rows.append({"stage": name, "takes": "?", "makes": "?", "what": error.problem})
            continue
        rows.append({
            "stage": name, "takes": _kinds(cls.takes), "makes": cls.makes.name if cls.makes else "what it takes",
            "what": (cls.__doc__ or "").strip().splitlines()[0],
        })  # fmt: skip
    _print(rows, as_json)


@app.command()
def describe(
    stage: Annotated[str, typer.Argument(help="A stage's name, or an export's.")], as_json: Json = False
) -> None:
    """Say what a stage or an export does, and list its options."""
    import inspect as python

    from multisynth import registry

    exports = registry.names("multisynth.exports")
    cls: Any = registry.exporter(stage) if stage in exports else registry.stage(stage)
    schema = cls.model_json_schema()
    options = [
        {
            "option": name,
            "default": field.get_default(call_default_factory=True) if not field.is_required() else "required",
            "what": field.description or "",
        }
        for name, field in cls.model_fields.items()
    ]
    if as_json:
        _print_json({"stage": stage, "takes": [kind.name for kind in cls.takes], "schema": schema})
        return
    typer.echo(python.cleandoc(cls.__doc__ or ""))
    makes = getattr(cls, "makes", None)
    typer.echo(
        f"\ntakes: {_kinds(cls.takes)}"
        + ("" if stage in exports else f"\nmakes: {makes.name if makes else 'what it takes'}")
        + "\n"
    )
    _print(options, False)


@app.command()
def inspect(
    run: RunFolder,
    stage: Annotated[str | None, typer.Argument(help="A stage of the run.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="Show one sample in full.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many samples to show.")] = 10,
    as_json: Json = False,
) -> None:
    """Show what a run holds: its stages, a stage's samples and reasons, or one sample."""
    from multisynth import show
    from multisynth.store import Store

    store = Store.open(run)
    if id is not None:
        _print(show.sample(store, id), as_json)
    elif stage is not None:
        facts = show.stage(store, stage, limit)
        if as_json:
            _print_json(facts)
        else:
            for part in facts.values():
                _print(part, False)
    else:
        _print(show.run(store), as_json)


@app.command()
def report(run: RunFolder, as_json: Json = False) -> None:
    """Write the run's report.html anew."""
    from multisynth import report as page
    from multisynth.store import Store

    path = page.write(Store.open(run))
    _print_json({"report": str(path)}) if as_json else typer.echo(str(path))


@app.command()
def lineage(
    run: RunFolder, id: Annotated[str, typer.Argument(help="A sample's or an artifact's id.")], as_json: Json = False
) -> None:
    """Say what a sample was made from, and what was made from it."""
    from multisynth import lineage as ancestry
    from multisynth.store import Store

    node, ancestors, descendants = ancestry.trace(Store.open(run), id)
    rows = [
        {"relation": relation, "stage": n.stage, "kind": n.kind, "id": n.id}
        for relation, nodes in (("ancestor", ancestors), ("itself", [node]), ("descendant", descendants))
        for n in nodes
    ]
    _print(rows, as_json)


@app.command()
def rollback(
    run: RunFolder,
    ancestor: Annotated[str, typer.Option(help="The sample or artifact to take back with all that was made from it.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    as_json: Json = False,
) -> None:
    """Take a sample back with everything made from it; a later run does not make it again."""
    from dataclasses import asdict

    from multisynth import lineage as ancestry
    from multisynth.store import Store

    store = Store.open(run)
    with store.locked():
        taken = ancestry.rollback(store, ancestor, reason)
    if as_json:
        _print_json(asdict(taken))
        return
    for stage, count in taken.removed.items():
        typer.echo(f"{stage}: {count} removed")
    for model in taken.models:
        typer.echo(f"tainted: {model}")
    for export in taken.exports:
        typer.echo(f"export {export} still holds some; `multisynth export {run}` writes it again")
    typer.echo(f"undo with: multisynth restore {run} {taken.id}")


@app.command()
def restore(
    run: RunFolder, rollback: Annotated[str, typer.Argument(help="The rollback's id: rb-…")], as_json: Json = False
) -> None:
    """Undo a rollback."""
    from multisynth import lineage as ancestry
    from multisynth.store import Store

    store = Store.open(run)
    with store.locked():
        counts = ancestry.restore(store, rollback)
    _print([{"stage": stage, "restored": count} for stage, count in counts.items()], as_json)


@app.command()
def export(
    run: RunFolder,
    to: Annotated[
        str | None, typer.Option(help="A format, to write one more export; else those of the recipe.")
    ] = None,
    stage: Annotated[str | None, typer.Option("--from", help="The stage to export.")] = None,
    name: Annotated[str | None, typer.Option(help="The export's name; the format's by default.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the format: key=value, the value as in YAML.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the exports of a finished run, or one more."""
    from multisynth.deliver import deliver
    from multisynth.errors import BadInput
    from multisynth.recipe import Recipe
    from multisynth.store import Store
    from multisynth.yaml_lines import loads

    store = Store.open(run)
    data = dict(store.info["recipe"])
    if to is not None:
        if stage is None:
            raise BadInput("`--to` says the format, not what to export", "add --from STAGE")
        pairs = [text.partition("=") for text in option or []]
        block = {key: loads(value, f"--option {key}")[0] for key, _, value in pairs}
        data["exports"] = {name or to: {"to": to, "from": stage, **block}}
    recipe = Recipe.of(data, Path(store.info["folder"]))
    with store.locked():
        rows = [
            {"export": d.name, "format": d.to, "records": deliver(store, d), "folder": str(run / "exports" / d.name)}
            for d in recipe.deliveries
        ]
    _print(rows, as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what this machine has, which engines are in use, and how to get what is missing."""
    from dataclasses import asdict

    from multisynth import doctor as checks

    rows = [asdict(one) for one in checks.report()]
    _print(rows, as_json)


def main() -> None:
    """Run the command line; bad input is one clear message and exit code 2."""
    from multisynth.errors import BadInput

    try:
        app()
    except BadInput as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


def _executor(where: Where, workers: int | None, address: str | None) -> Any:
    import os

    if where is Where.ray:
        from multisynth.executors.ray import RayExecutor

        return RayExecutor(workers, address)
    from multisynth.executors.local import LocalExecutor

    return LocalExecutor(workers or len(os.sched_getaffinity(0)))


def _kinds(kinds: Iterable[Any]) -> str:
    return ", ".join(kind.name for kind in kinds) or "nothing"


def _print_json(facts: Any) -> None:
    typer.echo(json.dumps(facts, indent=2, default=str))


def _print(facts: Any, as_json: bool) -> None:
    """A list of rows as a table, a mapping as a list of fields; or either as JSON."""
    if as_json:
        _print_json(facts)
        return
    from rich.console import Console
    from rich.table import Table

    rows = [{"field": key, "value": value} for key, value in facts.items()] if isinstance(facts, Mapping) else facts
    if not rows:
        typer.echo("nothing")
        return
    table = Table(box=None, pad_edge=False)
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console().print(table, highlight=False, markup=False)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)


if __name__ == "__main__":
    main()
