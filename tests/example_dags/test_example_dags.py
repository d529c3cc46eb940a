"""Properties of all example DAGs, on every Airflow."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from tests.examples import EXAMPLES, FOLDER, UNREADABLE


@pytest.fixture(scope="module")
def bag() -> Any:
    from airflow.models import DagBag

    return DagBag(FOLDER)


def test_every_example_is_found_and_named_like_its_file(bag: Any) -> None:
    assert set(bag.import_errors) == {str(file) for file in UNREADABLE}
    assert set(bag.dags) == {file.stem for file in EXAMPLES}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_is_short_and_documented(bag: Any, file: Path) -> None:
    dag = bag.dags[file.stem]
    assert {"example", "segment"} <= set(dag.tags)
    assert dag.description
    module = ast.parse(file.read_text())
    assert dag.doc_md == ast.get_docstring(module, clean=False)
    code = file.read_text().splitlines()[module.body[0].end_lineno :]
    assert len([line for line in code if line]) < 60
