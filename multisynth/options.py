"""What can be set in a stage or an exporter, options of options included, as rows to print."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def describe_options(model: type[BaseModel]) -> list[dict[str, Any]]:
    """A row for each option, named `adr.rules.buffer` where it is one of a model within, and `path[orbit].speed`
    where it is one of a kind of what may stand there; all have the same columns.

    Columns beside name, default and meaning are what the fields' `json_schema_extra` has, such as limits.
    """
    rows = _rows(model, "", None)
    columns = dict.fromkeys(column for row in rows for column in row if column != "what")
    return [{column: row.get(column, "") for column in (*columns, "what")} for row in rows]


def _rows(model: type[BaseModel], prefix: str, given: BaseModel | None) -> list[dict[str, Any]]:
    rows = []
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else field.get_default(call_default_factory=True)
        default = default if given is None else getattr(given, name)
        models = members(field.annotation)
        within = models[0] if len(models) == 1 else None
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        shown = "" if isinstance(default, BaseModel) and models else default
        if isinstance(default, BaseModel) and len(models) > 1:
            shown = _name(type(default))
        rows.append({"option": prefix + name, "default": shown, **extra, "what": field.description or ""})
        if within is not None:
            rows += _rows(within, f"{prefix}{name}.", default if isinstance(default, within) else None)
        for member in models if len(models) > 1 else ():
            given_here = default if isinstance(default, member) else None
            rows += _rows(member, f"{prefix}{name}[{_name(member)}].", given_here)
    return rows


def members(annotation: Any) -> list[type[BaseModel]]:
    """The models that an option may be, without those that have a way of their own to be written."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) and annotation.__str__ is BaseModel.__str__ else []
    if get_origin(annotation) not in (Annotated, Union, UnionType):  # a mapping of models is no model
        return []
    arguments = get_args(annotation)
    inner = arguments[:1] if get_origin(annotation) is Annotated else arguments
    return [member for part in inner for member in members(part)]


def _name(member: type[BaseModel]) -> str:
    """What a recipe calls a member of a union: its `kind`."""
    kind = member.model_fields.get("kind")
    return str(kind.default) if kind is not None and isinstance(kind.default, str) else member.__name__
