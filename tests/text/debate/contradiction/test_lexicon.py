"""Forms of words."""

import pytest
from multisynth.text.debate.contradiction.lexicon import stem


@pytest.mark.parametrize("forms", ["lie lies lied lying", "stop stops stopped stopping", "try tries tried"])
def test_forms_of_a_word_have_one_stem(forms) -> None:
    assert len({stem(form) for form in forms.split()}) == 1
