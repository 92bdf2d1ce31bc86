"""Reward models: checkpoints with a head for sequence classification."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


class Classifier:
    """Scores answers, on a GPU where there is one.

    Args:
        path: Folder of the checkpoint.
        batch: Answers scored at once; scores do not depend on it but for rounding.
    """

    def __init__(self, path: Path, batch: int) -> None:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
        self._model = AutoModelForSequenceClassification.from_pretrained(
            path, use_safetensors=True, trust_remote_code=False
        ).to(self._device)
        self._model.eval()
        self._batch = batch
        config = self._model.config
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        if config.pad_token_id is None:
            config.pad_token_id = self._tokenizer.pad_token_id
        self._longest = min(int(getattr(config, "max_position_embeddings", 4096)), self._tokenizer.model_max_length)

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The score of each answer: the head's one output, or the probability of its last class.

        Args:
            pairs: Questions and answers. What is too long for the model loses its start where there is a chat template,
                else the end of the longer one of the pair. [N]

        Returns:
            The scores. [N]
        """
        import torch

        encoded = [self._ids(question, answer) for question, answer in pairs]
        order = sorted(range(len(pairs)), key=lambda k: len(encoded[k]["input_ids"]))
        found = [0.0] * len(pairs)
        for start in range(0, len(order), self._batch):
            part = order[start : start + self._batch]
            inputs = self._tokenizer.pad([encoded[k] for k in part], return_tensors="pt").to(self._device)
            with torch.inference_mode():
                logits = self._model(**inputs).logits.float()  # [B, L]
            values = logits[:, 0] if logits.shape[1] == 1 else logits.softmax(dim=1)[:, -1]
            for k, value in zip(part, values.tolist(), strict=True):
                found[k] = value
        return found

    def _ids(self, question: str, answer: str) -> dict[str, Any]:
        """By the chat template where it has one, as reward models of chat are trained; else as a pair of sentences."""
        if self._tokenizer.chat_template:
            turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            text = self._tokenizer.apply_chat_template(turns, tokenize=False)
            ids = self._tokenizer(text, add_special_tokens=False)["input_ids"][-self._longest :]
            return {"input_ids": ids, "attention_mask": [1] * len(ids)}
        cut = {"truncation": "longest_first", "max_length": self._longest}
        return dict(self._tokenizer(question, answer, **cut))
