"""The texts in the package's source, with gaps where values go: what messages look like."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import airflow_provider_segment

GAP = "\0"
_PERCENT = re.compile(r"%(\.\d)?[sdf]")


@cache
def source_texts() -> tuple[str, ...]:
    """All texts, joined as Python joins them, with gaps for values."""
    package = Path(airflow_provider_segment.__file__).parent
    return tuple(text for file in package.glob("**/*.py") for text in _texts(ast.parse(file.read_text())))


def is_in_source(message: str) -> bool:
    """Say whether the source makes such a message.

    :param message: with an ellipsis wherever a value goes, also one that is left out.
    """
    parts = [part for part in (part.strip() for part in message.split("…")) if part]
    in_order = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
    return any(in_order.search(text) for text in source_texts())


def is_made_by_source(line: str) -> bool:
    """Say whether the source makes this very line.

    :param line: with all its values.
    """
    return any(pattern.fullmatch(line) for pattern in _patterns())


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    # A text of hardly more than gaps would match anything.
    telling = (text for text in source_texts() if len(re.findall(r"\w{3,}", text)) >= 2)
    return tuple(re.compile(".*".join(map(re.escape, text.split(GAP))), re.DOTALL) for text in telling)


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr | ast.BinOp):
            yield _joined(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield _PERCENT.sub(GAP, node.value)


def _joined(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_joined, node.values))
    if isinstance(node, ast.BinOp):
        return _joined(node.left) + _joined(node.right)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return GAP
