"""What can be set in a stage or an exporter, options of options included, as rows to print."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def describe_options(model: type[BaseModel]) -> list[dict[str, Any]]:
    """A row for each option, named `adr.rules.buffer` where it is one of a model within; all have the same columns.

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
        within = _within(field)
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        shown = "" if isinstance(default, BaseModel) and within is not None else default
        rows.append({"option": prefix + name, "default": shown, **extra, "what": field.description or ""})
        if within is not None:
            rows += _rows(within, f"{prefix}{name}.", default if isinstance(default, within) else None)
    return rows


def _within(field: FieldInfo) -> type[BaseModel] | None:
    """The model that an option is, unless that model has a way of its own to be written."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind.__str__ is BaseModel.__str__:
            return kind
    return None
