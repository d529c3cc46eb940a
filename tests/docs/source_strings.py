"""The strings in the package's source, with gaps in place of values: the patterns of all messages."""

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
def source_strings() -> tuple[str, ...]:
    """Return all strings, joined as Python joins them, with gaps for values."""
    package = Path(airflow_provider_segment.__file__).parent
    return tuple(string for file in package.glob("**/*.py") for string in _strings(ast.parse(file.read_text())))


def is_in_source(message: str) -> bool:
    """Return whether the source produces such a message.

    :param message: with an ellipsis in place of each value, which may be empty.
    """
    parts = [part for part in (part.strip() for part in message.split("…")) if part]
    in_order = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
    return any(in_order.search(string) for string in source_strings())


def is_made_by_source(line: str) -> bool:
    """Return whether the source produces exactly this line.

    :param line: with all its values.
    """
    return any(pattern.fullmatch(line) for pattern in _patterns())


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    # A string of little more than gaps would match anything.
    specific = (string for string in source_strings() if len(re.findall(r"\w{3,}", string)) >= 2)
    return tuple(re.compile(".*".join(map(re.escape, string.split(GAP))), re.DOTALL) for string in specific)


def _strings(tree: ast.AST) -> Iterator[str]:
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
