"""What a module's source says of itself, read without running it."""

from __future__ import annotations

import ast
import doctest
import keyword
import re
from dataclasses import dataclass

_CODE = re.compile(r"`+([^`]+)`+|\b(\w+(?:\.\w+)+|\w+(?=\()|[A-Za-z]+_\w+|[a-z]+[A-Z]\w*)")
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Part:
    """A public function or class.

    Args:
        name: As imported.
        signature: As written, on one line.
        summary: First paragraph of its docstring.
        examples: Its docstring's examples, without the outputs that it claims.
    """

    name: str
    signature: str
    summary: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Of a module.

    Args:
        summary: First paragraph of its docstring.
        parts: What is public in it, in its order.
        names: All names that its code uses or defines.
    """

    summary: str
    parts: tuple[Part, ...]
    names: frozenset[str]


def facts_of(source: str) -> Facts:
    """Read a module.

    Raises:
        ValueError: It is no Python, or too deep to read.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"no Python: {error}") from None
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names |= {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
    return Facts(_summary(tree), tuple(_part(node) for node in public), frozenset(names))


def unknown_names(prose: str, facts: Facts, module: str) -> list[str]:
    """What a text writes as code and the module does not know: in backticks, dotted, called, or with an underscore."""
    known = facts.names | set(module.split(".")) | set(keyword.kwlist)
    written = [quoted or bare for quoted, bare in _CODE.findall(prose)]
    return [word for text in written for word in _WORD.findall(_without_strings(text)) if word not in known]


def grounded(prose: str, part: Part, facts: Facts) -> float:
    """The share of a text's words that the part's own docstring and code, or the module's summary, use as well.

    Words of three letters and less, and those that any sentence about code has, do not count. A word that differs in
    its ending counts. One shared word is chance: with fewer than two the share is 0.
    """
    said = _beginnings(prose) - _COMMON
    told = _beginnings(
        " ".join([part.name.replace("_", " "), part.signature, part.summary, *part.examples, facts.summary])
    )
    shared = len(said & told)
    return shared / len(said) if shared > 1 else 0.0


_BEGINNING = 5  # letters; what follows is mostly an ending
_COMMON = frozenset(
    word[:_BEGINNING]
    for word in re.findall(
        r"\w+",
        "this that these those when with from they them their there then than have will would could should your into "
        "only also such some more most what which where used uses useful using need needs needed want function class "
        "method python code program tutorial beginner example value values result return returns call called",
    )
)


def _beginnings(text: str) -> set[str]:
    return {word.lower()[:_BEGINNING] for word in re.findall(r"[A-Za-z]{4,}", text)}


def _without_strings(text: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"", "", text)


def _part(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Part:
    text = ast.get_docstring(node) or ""
    try:
        examples = tuple(example.source for example in doctest.DocTestParser().get_examples(text))
    except ValueError:
        examples = ()
    if isinstance(node, ast.ClassDef):
        signature = f"class {node.name}"
    else:
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        signature = f"{node.name}({ast.unparse(node.args)}){returns}"
    return Part(node.name, signature, _summary(node), examples)


def _summary(node: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    return " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
