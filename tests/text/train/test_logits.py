"""What is said of answers is what the whole model says of each alone, whatever it does around its head."""

import pytest
from multisynth.text.train.lesson import Lesson
from multisynth.text.train.logits import log_probabilities, said

from tests.text.train.lessons import log_probability

SIZE = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
SIZE |= {"intermediate_size": 48, "head_dim": 16, "max_position_embeddings": 64, "initializer_range": 0.5}
SHAPES = {
    "llama": {**SIZE, "tie_word_embeddings": True},
    "gemma2": {**SIZE, "final_logit_softcapping": 2.0, "sliding_window": 4},
    "cohere": {**SIZE, "logit_scale": 0.25},
    "granite": {**SIZE, "logits_scaling": 3.0},
    "gpt2": {"vocab_size": 64, "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64, "initializer_range": 0.5},
}
LESSONS = [Lesson((5, 6, 7, 8, 1), 2), Lesson((9, 10, 11, 12, 13, 14, 15, 1), 6), Lesson((3, 4), 1), Lesson((7,), 1)]


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("adapted", [False, True])
def test_only_answers_are_said_and_all_of_them(kind, adapted):
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, pad_token_id=0, bos_token_id=1, eos_token_id=1, **SHAPES[kind])
    model = AutoModelForCausalLM.from_config(config).eval()
    if adapted:
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=2, target_modules="all-linear")).eval()
    with torch.no_grad():
        heard = said(model, LESSONS)
        alone = [model(torch.tensor([one.ids])).logits[0, one.start - 1 : -1] for one in LESSONS]
        torch.testing.assert_close(heard.logits, torch.cat(alone), rtol=1e-4, atol=1e-4)
        told = log_probabilities(model, LESSONS)
    assert heard.tokens.tolist() == [token for one in LESSONS for token in one.ids[one.start :]]
    assert heard.rows.tolist() == [row for row, one in enumerate(LESSONS) for _ in one.ids[one.start :]]
    assert heard.logits.std() > 0.1
    assert told.tolist() == pytest.approx([log_probability(model, one) for one in LESSONS], rel=1e-4, abs=1e-4)
