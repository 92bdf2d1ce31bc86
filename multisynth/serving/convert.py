"""Turn a GGUF file into a Hugging Face checkpoint, in a process of its own so that its memory is given back.

python -m multisynth.serving.convert FILE.gguf FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path


def convert(gguf: Path, folder: Path) -> None:
    """Write `config.json`, float16 safetensors weights and the tokenizer with its chat template into a folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    read = AutoModelForCausalLM.from_pretrained(**place)
    config = read.config
    if hasattr(config, "quantization_config"):
        # A model read from GGUF cannot be saved as it is: transformers takes it for quantised still.
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config)
    plain.load_state_dict(read.state_dict())
    plain.to(torch.float16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(**place).save_pretrained(folder)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
