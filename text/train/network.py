"""Networks: read from a model's folder or made fresh, with adapters or without, and saved as a sample's columns."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multisynth.errors import BadInput
from multisynth.serving.checkpoint import pack

from .options import Fresh, Lora

if TYPE_CHECKING:
    import torch

END = "<end>"
_AGAIN = "save a causal language model there with `save_pretrained`, and its tokenizer"


@dataclass
class Network:
    """A language model and its tokenizer.

    Args:
        model: As transformers has it, in float32.
        tokenizer: As transformers has it.
    """

    model: Any
    tokenizer: Any

    @property
    def context(self) -> int:
        """Tokens that it can read."""
        return int(getattr(self.model.config, "max_position_embeddings", 0) or 2**31)

    @property
    def learned(self) -> list[torch.nn.Parameter]:
        """What training changes."""
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    def adapt(self, lora: Lora, seed: int) -> None:
        """Freeze the weights and put adapters beside them.

        Raises:
            BadInput: No matrix has such a name.
        """
        import torch
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(
            task_type="CAUSAL_LM", r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout,
            target_modules=list(lora.targets) or "all-linear",
        )  # fmt: skip
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            try:
                self.model = get_peft_model(self.model, config)
            except ValueError as error:
                raise BadInput(f"`lora.targets` cannot be had: {error}", "name linear layers of the model") from error

    def columns(self) -> dict[str, Any]:
        """`files` and `weights` of a `model` sample. Adapters are merged, so that it learns no more."""
        _quietly()
        if hasattr(self.model, "merge_and_unload"):
            self.model = self.model.merge_and_unload()
        with tempfile.TemporaryDirectory(prefix="multisynth-") as folder:
            self.model.save_pretrained(folder, max_shard_size="1000GB")
            self.tokenizer.save_pretrained(folder)
            return pack(Path(folder))


def load(folder: Path) -> Network:
    """The model in a folder.

    Raises:
        BadInput: It cannot be read, or has no end-of-text token, without which it would never learn to stop.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    _quietly()
    read: Any = AutoModelForCausalLM.from_pretrained
    try:
        model = read(str(folder), dtype=torch.float32, use_safetensors=True, trust_remote_code=False)
    except (OSError, ValueError, SafetensorError) as error:
        raise BadInput(f"the model in {folder} cannot be read: {error}", _AGAIN) from error
    tokenizer = tokenizer_of(folder)
    if tokenizer.eos_token_id is None:
        raise BadInput(
            f"the tokenizer in {folder} has no end-of-text token", "set `eos_token` in tokenizer_config.json"
        )
    return Network(model, tokenizer)


def fresh(shape: Fresh, seed: int, folder: Path | None = None) -> Network:
    """A small Llama with random weights.

    Matrices begin with a standard deviation of 1/√width: at 0.02, which suits models thousands wide, a small one takes
    three times as many steps to learn to copy. The base of the rotary embedding is the context, so that its slowest
    feature turns about once in a text of that length.

    Args:
        shape: Its size.
        seed: Of its weights.
        folder: Of a model whose tokenizer it reads with; it reads bytes by default.
    """
    import torch
    from transformers import AutoConfig, LlamaConfig, LlamaForCausalLM

    tokenizer = byte_tokenizer(shape.context) if folder is None else tokenizer_of(folder)
    size = len(tokenizer)
    if folder is not None:  # so that its distribution is over the same tokens, unused ones at the end included
        size = max(size, int(AutoConfig.from_pretrained(str(folder), trust_remote_code=False).vocab_size))
    config = LlamaConfig(
        vocab_size=size, hidden_size=shape.width, intermediate_size=-(-shape.width * 8 // 48) * 16,
        num_hidden_layers=shape.layers, num_attention_heads=shape.heads, num_key_value_heads=shape.heads,
        head_dim=shape.width // shape.heads, max_position_embeddings=shape.context, tie_word_embeddings=True,
        initializer_range=shape.width**-0.5, rope_parameters={"rope_type": "default", "rope_theta": shape.context},
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(LlamaForCausalLM(config), tokenizer)


def tokenizer_of(folder: Path) -> Any:
    """The tokenizer in a model's folder.

    Raises:
        BadInput: There is none, or it cannot be read.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise BadInput(f"the tokenizer in {folder} cannot be read: {error}", _AGAIN) from error


def byte_tokenizer(context: int) -> Any:
    """A token for each byte of UTF-8, and one for the end of a text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {symbol: k for k, symbol in enumerate([END, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END, model_max_length=context)


def to_bytes(tensors: Mapping[str, torch.Tensor]) -> bytes:
    """Tensors as safetensors."""
    from safetensors.torch import save

    return bytes(save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))


def from_bytes(data: bytes) -> dict[str, torch.Tensor]:
    """Tensors out of safetensors."""
    from safetensors.torch import load as read

    return dict(read(data))


def _quietly() -> None:
    """Keep transformers' own bars out of the display of the run."""
    from transformers.utils import logging

    logging.disable_progress_bar()
