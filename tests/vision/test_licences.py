import pytest
from multisynth.vision.licences import UNKNOWN, all_of


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["MIT", "MIT"], "MIT"),
        (["MIT", "CC0-1.0"], "CC0-1.0 AND MIT"),
        ([UNKNOWN, "CC0-1.0 AND MIT", "MIT"], "CC0-1.0 AND LicenseRef-unknown AND MIT"),
        (["MIT OR Apache-2.0"], "MIT OR Apache-2.0"),
        (["MIT OR Apache-2.0", "CC0-1.0"], "CC0-1.0 AND (MIT OR Apache-2.0)"),
    ],
)
def test_all_licences_hold(names: list[str], expected: str) -> None:
    assert all_of(names) == expected
