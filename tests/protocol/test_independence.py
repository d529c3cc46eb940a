"""The protocol does no I/O: it imports neither Airflow, nor a network library, nor what stands above it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_segment import protocol

FORBIDDEN = (
    "airflow",
    "requests",
    "urllib3",
    "aiohttp",
    "httpx",
    "http.client",
    "urllib.request",
    "socket",
    "ssl",
    "asyncio",
    "subprocess",
    "airflow_provider_segment.hooks",
    "airflow_provider_segment.operators",
    "airflow_provider_segment.sensors",
    "airflow_provider_segment.triggers",
    "airflow_provider_segment.links",
    "airflow_provider_segment.sandbox",
    "airflow_provider_segment.exceptions",
)
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


def forbidden(modules: Iterator[str]) -> list[str]:
    return [module for module in modules if any(module == root or module.startswith(f"{root}.") for root in FORBIDDEN)]


def imports_of(source: Path) -> Iterator[str]:
    """Every module named by an import, also those inside functions."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_sources_are_found() -> None:
    assert "errors.py" in {source.name for source in SOURCES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(_FOLDER)))
def test_no_source_names_a_forbidden_module(source: Path) -> None:
    assert forbidden(imports_of(source)) == []


def test_importing_everything_loads_no_forbidden_module() -> None:
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", IMPORT_EVERYTHING], text=True))

    assert "airflow_provider_segment.protocol.delivery.polling" in loaded
    assert forbidden(iter(loaded)) == []
