"""The command line. Facts go to standard output, as a table or with `--json`; progress and errors to standard error.

Exit code 0: done. 1: finished with failures past the budget. 2: bad input. 130: stopped with Ctrl-C.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from multisynth.printing import hand_back, reserve, say, say_json, say_table

if TYPE_CHECKING:
    from multisynth.store import Store

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Synthetic data in every modality, with the lineage, the checks and the cost of every sample.",
)


def _reserve(as_json: bool) -> bool:
    reserve()
    return as_json


def _place(text: str) -> Path:
    """A path that was written out: an empty one, as of an unset variable, would be the folder one stands in."""
    from multisynth.errors import BadInput

    if not text.strip():
        raise BadInput(f"the path {text!r} is empty", "give a path; `.` is the folder that you are in")
    return Path(text)


# Every command has it, and help is printed before it is looked at: the place to reserve standard output.
Json = Annotated[bool, typer.Option("--json", help="Print facts as JSON.", callback=_reserve)]
RecipeFile = Annotated[Path, typer.Argument(help="The recipe, a YAML file.", metavar="RECIPE", parser=_place)]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change an option of a stage: STAGE.OPTION=VALUE, as in YAML; or seed=VALUE."),
]
RunFolder = Annotated[Path, typer.Argument(help="The folder of a run.", metavar="RUN", parser=_place)]


class Where(StrEnum):
    """Who does the work."""

    local = "local"
    ray = "ray"


@app.command()
def run(
    recipe: RecipeFile,
    settings: Settings = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; runs/NAME by default.", metavar="PATH", parser=_place)
    ] = None,
    executor: Annotated[Where, typer.Option(help="Processes on this machine, or Ray.")] = Where.local,
    workers: Annotated[int | None, typer.Option(min=1, help="Cores to use; all by default.")] = None,
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster; by default Ray is started here.")] = None,
    as_json: Json = False,
) -> None:
    """Execute a recipe, or go on with it where it was stopped."""
    from multisynth import execute, report
    from multisynth.errors import BadInput
    from multisynth.progress import LiveProgress
    from multisynth.recipe import Recipe

    checked = Recipe.load(recipe, settings or ())
    folder = out or Path("runs") / checked.name
    chosen = _executor(executor, workers, address)
    try:
        with LiveProgress([step.name for step in checked.steps]) as progress:
            result = execute.run(checked, folder, chosen, progress)
    finally:
        chosen.close()
    try:
        page = str(report.write(_open(folder)))
    except BadInput as damage:
        page, result.errors["report"] = "", str(damage)
    facts = {
        "run": str(folder),
        "ok": result.ok,
        "stages": result.states,
        "exports": result.exports,
        "errors": result.errors,
        "report": page,
    }
    if as_json:
        say_json(facts)
    else:
        for name, records in result.exports.items():
            say(f"{folder / 'exports' / name}: {records} records")
        if page:
            say(f"report: {page}")
        for name, state in result.states.items():
            if state != "done" and name not in result.errors:
                _complain(f"stage {name}: {state}{_why(folder, name)}; see `multisynth inspect {folder} {name}`")
        for name, error in result.errors.items():
            traceback, _, last = error.strip().rpartition("\n")
            _complain(
                f"{name}: {last}; traceback in {folder / 'run.json'}"
                if "Traceback" in traceback
                else f"{name}: {error}"
            )
    raise typer.Exit(0 if result.ok else 1)


@app.command()
def check(recipe: RecipeFile, settings: Settings = None, as_json: Json = False) -> None:
    """Check a recipe in full, the models that it needs included, and run nothing."""
    from multisynth.recipe import Recipe

    checked = Recipe.load(recipe, settings or ())
    rows = [
        {
            "stage": step.name, "use": step.use, "from": list(step.inputs), "reads": list(step.stage.beside().values()),
            "makes": step.makes.name,
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
            "stage": name, "takes": _kinds(cls.takes, None if as_json else 3),
            "makes": cls.makes.name if cls.makes else "what it takes",
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
    from multisynth.options import describe_options

    exports = registry.names("multisynth.exports")
    cls: Any = registry.exporter(stage) if stage in exports else registry.stage(stage)
    schema = cls.model_json_schema()
    options = describe_options(cls)
    if as_json:
        say_json({"stage": stage, "takes": [kind.name for kind in cls.takes], "schema": schema})
        return
    say(python.cleandoc(cls.__doc__ or ""))
    makes = getattr(cls, "makes", None)
    say(
        f"\ntakes: {_kinds(cls.takes)}"
        + ("" if stage in exports else f"\nmakes: {makes.name if makes else 'what it takes'}")
        + "\n"
    )
    say_table(options) if options else say("no options")


@app.command()
def inspect(
    run: RunFolder,
    stage: Annotated[str | None, typer.Argument(help="A stage of the run.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="Show one sample in full.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many samples to show.")] = 10,
    as_json: Json = False,
) -> None:
    """Show what a run holds: its stages, a stage's samples and reasons, or one sample."""
    from multisynth import show

    store = _open(run)
    if id is not None:
        _print(show.sample(store, id), as_json)
    elif stage is not None:
        facts = show.stage(store, stage, limit)
        if as_json:
            say_json(facts)
            return
        traces = [(failure["first"], failure.pop("traceback")) for failure in facts["failures"]]
        for heading, rows in facts.items():
            if rows or heading == "samples":
                say(f"{heading}:")
                say_table(rows)
                say("")
        for first, trace in traces:
            say(f"{first}:\n{trace}")
    else:
        _print(show.run(store), as_json)


@app.command()
def report(run: RunFolder, as_json: Json = False) -> None:
    """Write the run's report.html anew."""
    from multisynth import report as page

    path = page.write(_open(run))
    say_json({"report": str(path)}) if as_json else say(str(path))


@app.command()
def cost(
    run: RunFolder,
    prices: Annotated[
        Path | None,
        typer.Option(help="A table of prices; configs/prices.yaml by default.", metavar="PATH", parser=_place),
    ] = None,
    samples: Annotated[int | None, typer.Option(min=1, help="Say what so many of each final stage would cost.")] = None,
    as_json: Json = False,
) -> None:
    """Say what a run cost: tokens, hours, joules and dollars, by stage and for each accepted sample."""
    from multisynth.economics import cost as accounting
    from multisynth.economics import prices as lists
    from multisynth.economics import rows

    bill = accounting.bill(_open(run), lists.load(prices))
    if as_json:
        say_json(rows.facts(bill, samples))
        return
    for heading, table in rows.tables(bill, samples).items():
        say(f"{heading}:")
        say_table(table)
        say("")
    for note in bill.notes:
        say(f"note: {note}")


@app.command()
def lineage(
    run: RunFolder, id: Annotated[str, typer.Argument(help="A sample's or an artifact's id.")], as_json: Json = False
) -> None:
    """Say what a sample was made from and what that cost, and what was made from it."""
    from multisynth import lineage as ancestry
    from multisynth.economics.shares import shares

    store = _open(run)
    node, ancestors, descendants = ancestry.trace(store, id)
    spent = shares(store, (*ancestors, node, *descendants))
    rows = [
        {
            "relation": relation, "stage": n.stage, "kind": n.kind, "id": n.id,
            **{name: getattr(spent.get(n.id), name, None) for name in ("seconds", "tokens", "joules")},
        }
        for relation, nodes in (("ancestor", ancestors), ("itself", [node]), ("descendant", descendants))
        for n in nodes
    ]  # fmt: skip
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

    store = _open(run)
    with store.locked():
        taken = ancestry.rollback(store, ancestor, reason)
    if as_json:
        say_json(asdict(taken))
        return
    for stage, count in taken.removed.items():
        say(f"{stage}: {count} removed")
    for model in taken.models:
        gone = ", and was taken back with it" if model.removed else ""
        say(f"model {model.id} of {model.stage} learned from it{gone}")
    for export in taken.exports:
        say(f"export {export} still holds some; `multisynth export {run}` writes it again")
    say(f"undo with: multisynth restore {run} {taken.id}")


@app.command()
def restore(
    run: RunFolder, rollback: Annotated[str, typer.Argument(help="The rollback's id: rb-…")], as_json: Json = False
) -> None:
    """Undo a rollback."""
    from multisynth import lineage as ancestry

    store = _open(run)
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
    from multisynth.secrecy import named
    from multisynth.yaml_lines import loads

    store = _open(run)
    data = dict(store.info["recipe"])
    if to is None:
        for given, what in ((stage, "--from"), (name, "--name"), (option, "--option")):
            if given:
                raise BadInput(f"`{what}` is about one more export", "say its format with --to")
    elif stage is None:
        raise BadInput("`--to` says the format, not what to export", "add --from STAGE")
    else:
        options = {}
        for text in option or []:
            key, is_pair, value = text.partition("=")
            if not is_pair or key in ("to", "from"):
                raise BadInput(
                    f"`--option {named(key)}` is no option of the format", "key=value; --to and --from have their own"
                )
            options[key] = loads(value, f"--option {named(key)}")[0]
        data["exports"] = {name or to: {"to": to, "from": stage, **options}}
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
        _complain(f"error: {error}")
        sys.exit(2)
    except OSError as error:
        if error.filename is None and error.errno != errno.ENOSPC:
            raise  # no path of the user's
        paths = " → ".join(str(path) for path in (error.filename, error.filename2) if path is not None)
        _complain(f"error: {paths}{': ' if paths else ''}{error.strerror}")
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as stop:
        code = 130 if isinstance(stop, KeyboardInterrupt) else stop.code
        if code == 130:  # typer's as well as the shell's number for Ctrl-C
            _complain("stopped; run the same command to go on")
            sys.stderr.flush()
            os._exit(130)  # a second Ctrl-C leaves a pool half closed, and Python's own exit would wait for it for ever
        sys.exit(code)
    finally:
        hand_back()


def _why(run: Path, stage: str) -> str:
    """The most frequent error of a stage's inputs."""
    from multisynth.report.tables import account

    found = account(_open(run), stage)
    if not found.failures:
        return ""
    first = found.failures[0]
    share = "`errors` of a stage is the share that may fail, 0.01 by default"
    return f": {first.reason} ({first.count} of {found.inputs}; {share})"


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


def _open(run: Path) -> Store:
    """A run that exists and says of itself what commands need to know."""
    from multisynth.store import Store

    store = Store.open(run)
    store.check_version()
    return store


def _executor(where: Where, workers: int | None, address: str | None) -> Any:
    from multisynth.cores import cores
    from multisynth.errors import BadInput

    if where is Where.local:
        from multisynth.executors.local import LocalExecutor

        if address is not None:
            raise BadInput("`--address` is of a Ray cluster", "add --executor ray")
        return LocalExecutor(workers or cores())
    from multisynth.executors.ray import RayExecutor

    try:
        return RayExecutor(workers, address)
    except (ConnectionError, RuntimeError, ValueError) as error:
        said = str(error).strip().splitlines()
        raise BadInput(
            f"Ray at {address or 'this machine'}: {said[0] if said else type(error).__name__}",
            "start a cluster with `ray start --head`, or leave --address away",
        ) from error


def _kinds(kinds: Iterable[Any], most: int | None = None) -> str:
    names = [kind.name for kind in kinds]
    if most is not None and len(names) > most:
        names[most:] = [f"{len(names) - most} more"]
    return ", ".join(names) or "nothing"


def _print(facts: Any, as_json: bool) -> None:
    say_json(facts) if as_json else say_table(facts)


if __name__ == "__main__":
    main()
