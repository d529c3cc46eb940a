"""The sandbox shares no code with the client: a mistake in one must not hide the same mistake in the other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_segment import sandbox
from tests.imports import imports_of

PACKAGE, SANDBOX = "airflow_provider_segment", sandbox.__name__
(_FOLDER,) = sandbox.__path__
SOURCES = sorted(Path(_FOLDER).rglob("*.py"))

IMPORT_EVERYTHING = f"""
import importlib, json, pkgutil, sys
import {SANDBOX} as sandbox

for module in pkgutil.walk_packages(sandbox.__path__, sandbox.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(json.dumps(sorted(sys.modules)))
"""


def test_importing_it_loads_neither_airflow_nor_the_rest_of_the_package() -> None:
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", IMPORT_EVERYTHING], text=True))

    assert f"{SANDBOX}.cli" in loaded
    ours = {name for name in loaded if name.split(".")[0] == PACKAGE and not name.startswith(SANDBOX)}
    assert ours == {PACKAGE, f"{PACKAGE}.version"}  # loaded by the import of any subpackage
    assert not {"airflow", "requests", "aiohttp", "pendulum"} & set(loaded)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(_FOLDER)))
def test_no_module_imports_the_rest_of_the_package(source: Path) -> None:
    """Includes imports inside functions, which run later."""
    foreign = {
        name
        for name in imports_of(source)
        if name.split(".")[0] in (PACKAGE, "airflow") and not name.startswith(SANDBOX)
    }

    assert foreign == set()
