"""Decoding that is held to a JSON Schema, for engines that bring no such thing of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from multisynth.serving.protocol import Request, Unfit

if TYPE_CHECKING:
    import torch


class Grammars:
    """Grammars for one model, by xgrammar (Dong et al. 2024, arXiv 2411.15100), as vLLM has them.

    JSON is written without spaces: where they are free, small models write them without end.

    Args:
        tokenizer: Of transformers.
        vocabulary: Width of the model's logits.

    Raises:
        ImportError: xgrammar, which comes with vLLM, is not installed.
    """

    def __init__(self, tokenizer: Any, vocabulary: int) -> None:
        import xgrammar

        self._xgrammar = xgrammar
        self._vocabulary = vocabulary
        info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocabulary)
        self._compiler = xgrammar.GrammarCompiler(info, max_threads=1)

    def matcher(self, request: Request) -> Any:
        """The state of the answer to a request with a schema.

        Raises:
            Unfit: No grammar can say what the schema says, or the answer begins with something else.
        """
        try:
            grammar = self._compiler.compile_json_schema(request.schema, any_whitespace=False, separators=(",", ":"))
        except RuntimeError as error:
            raise Unfit(f"the schema makes no grammar: {str(error).splitlines()[0]}", "make it simpler") from error
        matcher = self._xgrammar.GrammarMatcher(grammar)
        if request.prefix and not matcher.accept_string(request.prefix):
            raise Unfit("the schema does not allow the prefix", "write it as JSON without spaces between values")
        return matcher

    def forbid(self, logits: torch.Tensor, matchers: list[Any]) -> None:
        """Take what a row's answer cannot go on with out of its logits. [B, V], in place

        Args:
            logits: Of all rows.
            matchers: The state of each row, None where it has no schema. [B]
        """
        rows = [row for row, matcher in enumerate(matchers) if matcher is not None]
        mask = self._xgrammar.allocate_token_bitmask(len(matchers), self._vocabulary)
        for row in rows:
            matchers[row].fill_next_token_bitmask(mask, row)
        self._xgrammar.apply_token_bitmask_inplace(logits, mask.to(logits.device), indices=rows)
