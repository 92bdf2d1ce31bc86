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
