"""The protocol does no I/O: it imports neither Airflow, nor a network library, nor the layers above it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_segment import protocol
from tests.imports import imports_of

ALLOWED = ("airflow_provider_segment.protocol", "msgspec", "pendulum", *sys.stdlib_module_names)
"""What the protocol may import, besides the modules of the standard library that do I/O."""
STDLIB_IO = ("http", "urllib.request", "socket", "ssl", "asyncio", "subprocess", "multiprocessing", "selectors")
(_FOLDER,) = protocol.__path__
SOURCES = sorted(Path(_FOLDER).rglob("*.py"))

IMPORT_EVERYTHING = """
import json, pkgutil, sys
before = set(sys.modules)
import airflow_provider_segment.protocol as protocol
for module in pkgutil.walk_packages(protocol.__path__, "airflow_provider_segment.protocol."):
    __import__(module.name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def is_below(module: str, roots: tuple[str, ...]) -> bool:
    return any(module == root or module.startswith(f"{root}.") for root in roots)


def forbidden(modules: Iterator[str]) -> list[str]:
    return [module for module in modules if not is_below(module, ALLOWED) or is_below(module, STDLIB_IO)]


def test_the_sources_are_found() -> None:
    assert "errors.py" in {source.name for source in SOURCES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(_FOLDER)))
def test_no_source_names_a_forbidden_module(source: Path) -> None:
    assert forbidden(imports_of(source)) == []


def test_importing_everything_loads_neither_airflow_nor_an_http_library() -> None:
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", IMPORT_EVERYTHING], text=True))

    assert "airflow_provider_segment.protocol.delivery.polling" in loaded
    roots = ("airflow", "requests", "urllib3", "aiohttp", "httpx", "http.client", *STDLIB_IO[1:])
    assert [module for module in loaded if is_below(module, roots)] == []
