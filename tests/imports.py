"""Which module of the package imports which, read from the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import airflow_provider_segment

_FOLDER = Path(airflow_provider_segment.__file__).parent


def imports_of(source: Path) -> Iterator[str]:
    """Yield every name that a source imports: also inside functions, and for type checkers only."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def import_graph() -> dict[str, frozenset[str]]:
    """Return the modules that each module of the package imports, all without the name of the package."""
    sources = {_module(source): source for source in _FOLDER.rglob("*.py") if source.name != "__init__.py"}
    return {module: frozenset(_ours(imports_of(source)) & sources.keys()) for module, source in sources.items()}


def _module(source: Path) -> str:
    return ".".join(source.relative_to(_FOLDER).with_suffix("").parts)


def _ours(names: Iterable[str]) -> set[str]:
    prefix = f"{airflow_provider_segment.__name__}."
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
