"""An exported checkpoint says in transformers, token by token, what the trained model said in its run."""

import pytest

from tests.text.train.lessons import FRESH

CHAT = {"shots": False, "chat": True, "system": "Be brief."}


@pytest.mark.parametrize("form", ["plain", "chat"])
@pytest.mark.filterwarnings("ignore")
def test_an_exported_model_answers_as_in_its_run(form, tiny, make):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    begun = {"fresh": FRESH} if form == "plain" else {"base": str(tiny), "prompting": CHAT, "lora": {"rank": 4}}
    learning = {"batch_size": 8, "steps": 40, "learning_rate": 5e-3, "device": "cpu"}
    blocks = {
        "worked": {"use": "text.addition", "problems": 6, "digits": [1]},
        "lessons": {"use": "text.demonstrate", "from": "worked", "hints": 0},
        "tuned": {"use": "text.tune", "from": "lessons", **begun, **learning},
        "answers": {
            "use": "text.attempt", "from": "worked", "trained": "tuned", "attempts": 1, "temperature": 0,
            "engine": "transformers", "max_tokens": 24,
        },
    }  # fmt: skip
    store, result = make(blocks, exports={"model": {"to": "checkpoint", "from": "tuned"}})
    assert result.ok, result.errors
    folder = store.root / "exports" / "model"
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    said = set()
    for sample in store.table("answers").samples():
        if form == "plain":
            prompt = tokenizer(f"Question: {sample['question']}\nAnswer:", return_tensors="pt")
        else:
            turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": sample["question"]}]
            prompt = tokenizer.apply_chat_template(
                turns, add_generation_prompt=True, return_dict=True, return_tensors="pt"
            )
        written = model.generate(**prompt, max_new_tokens=24, do_sample=False)[0, prompt["input_ids"].shape[1] :]
        ids = sample["token_ids"].tolist()
        assert len(ids) >= 8 and written[: len(ids)].tolist() == ids
        said.add(tuple(ids))
    assert len(said) > 1
