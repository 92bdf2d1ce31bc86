from typing import Annotated, Literal

from pydantic import BaseModel, Field

from multisynth.options import describe_options


class Inner(BaseModel):
    """Options of an option."""

    depth: int = Field(3, description="How deep.")


class Written(BaseModel):
    """Something that says itself."""

    low: float = 0.5

    def __str__(self) -> str:
        return f"from {self.low}"


class Outer(BaseModel):
    """Options."""

    name: str = Field(description="Of it.")
    inner: Inner = Field(Inner(depth=4), description="Within.")
    maybe: Inner | None = Field(None, description="Or not.")
    range: Written = Field(Written(), description="Wide.", json_schema_extra={"limits": [0, 1]})


def test_options_within_options_are_rows_of_their_own():
    rows = describe_options(Outer)
    assert [(row["option"], row["default"], row["limits"]) for row in rows] == [
        ("name", "required", ""),
        ("inner", "", ""),
        ("inner.depth", 4, ""),
        ("maybe", None, ""),
        ("maybe.depth", 3, ""),
        ("range", Written(), [0, 1]),
    ]
    assert [row["what"] for row in rows] == ["Of it.", "Within.", "How deep.", "Or not.", "How deep.", "Wide."]
    assert str(rows[-1]["default"]) == "from 0.5"


class Round(BaseModel):
    """One of two."""

    kind: Literal["round"] = Field("round", description="Round.")
    radius: float = Field(1.0, description="Half.")


class Square(BaseModel):
    """The other."""

    kind: Literal["square"] = Field("square", description="Square.")
    edge: float = Field(description="Whole.")


class Shaped(BaseModel):
    """Either, and neither."""

    shape: Annotated[Round | Square, Field(discriminator="kind")] = Field(Round(radius=2.0), description="Which.")
    others: dict[str, Round] = Field({}, description="By name.")


def test_every_kind_of_what_may_stand_somewhere_is_described():
    assert [(row["option"], row["default"]) for row in describe_options(Shaped)] == [
        ("shape", "round"),
        ("shape[round].kind", "round"),
        ("shape[round].radius", 2.0),
        ("shape[square].kind", "square"),
        ("shape[square].edge", "required"),
        ("others", {}),
    ]
