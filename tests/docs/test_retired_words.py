"""The old vocabulary does not come back: not in the package, the documentation, the examples or the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.docs.retired_words import find_retired_words

SUFFIXES = {".py", ".md", ".html", ".svg", ".json"}
FOLDERS = ("airflow_provider_segment", "docs", "example_dags", "dev", "tests")
EXEMPT = (
    "docs/_build",  # generated
    "tests/official_client/node_modules",  # installed
    "tests/docs",  # lists the words
    "tests/real_workspace",  # asks questions, which have answers
)
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
IN_FOLDERS = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*")]
FILES = sorted(
    file.relative_to(ROOT)
    for file in [*IN_FOLDERS, *(ROOT / name for name in PAGES)]
    if file.suffix in SUFFIXES and not any(file.is_relative_to(ROOT / folder) for folder in EXEMPT)
)


def test_the_files_are_found() -> None:
    names = {str(file) for file in FILES}

    assert {"README.md", "docs/index.md", "docs/guides/gate.md", "airflow_provider_segment/types.py"} <= names
    assert {"tests/README.md", "tests/conftest.py", "dev/demo/story.py"} <= names
    assert any(name.startswith("example_dags/") for name in names)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_retired_word_is_used(file: Path) -> None:
    found = [f"{file}:{one.line}: {one.found!r}; write: {one.instead}" for one in find_retired_words(ROOT / file)]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize(
    ("planted", "word"),
    [
        ("def create_surely() -> None: ...", "surely"),
        ("class NarratorOfWaits: ...", "Narrator"),
        ("The connection's `settle` is 10.", "settle"),
        ("An action is for life.", "for life"),
        ("remove at most so\n    many of them", "so many"),
        ("Nobody polls.", "Nobody"),
        ("items = walk(options)", "walk"),
    ],
)
def test_a_planted_word_is_found(planted: str, word: str, tmp_path: Path) -> None:
    file = tmp_path / "planted.md"
    file.write_text(f"first line\n{planted}\n")

    (finding,) = find_retired_words(file)

    assert (finding.line, finding.found) == (2, word)
    assert finding.instead


@pytest.mark.parametrize(
    "planted",
    ["settle_time=120", "ast.walk(tree)", "a text file", "the heartbeat", "X stands for Y", "it answers the question"],
)
def test_a_similar_word_is_allowed(planted: str, tmp_path: Path) -> None:
    file = tmp_path / "planted.md"
    file.write_text(planted)

    assert list(find_retired_words(file)) == []
