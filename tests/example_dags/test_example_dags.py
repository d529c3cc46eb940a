"""What all example DAGs have in common, on every Airflow."""

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


def test_all_are_found_and_named_as_their_files(bag: Any) -> None:
    assert set(bag.import_errors) == {str(file) for file in UNREADABLE}
    assert set(bag.dags) == {file.stem for file in EXAMPLES}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_each_is_short_and_says_what_it_shows(bag: Any, file: Path) -> None:
    dag = bag.dags[file.stem]
    assert {"example", "segment"} <= set(dag.tags)
    assert dag.description
    module = ast.parse(file.read_text())
    assert dag.doc_md == ast.get_docstring(module, clean=False)
    code = file.read_text().splitlines()[module.body[0].end_lineno :]
    assert len([line for line in code if line]) < 60
