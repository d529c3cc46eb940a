"""Runs only against a real workspace that its owner names; see the package's docstring."""

from __future__ import annotations

import os

import pytest

from tests.real_workspace.api import Token, opened
from tests.real_workspace.probes import PROBES, find_place, learn

TOKEN, SLUG = (os.environ.get(f"SEGMENT_TEST_{name}", "") for name in ("TOKEN", "WORKSPACE"))
URL = os.environ.get("SEGMENT_TEST_URL", "https://api.segmentapis.com").rstrip("/")


@pytest.mark.skipif(not (TOKEN and SLUG), reason="needs SEGMENT_TEST_TOKEN and SEGMENT_TEST_WORKSPACE")
def test_every_open_question_has_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with opened(url=URL, token=Token(TOKEN), slug=SLUG) as workspace:
        place = find_place(workspace, source_id=os.environ.get("SEGMENT_TEST_SOURCE"))
        learned = learn(workspace, place)
    with capsys.disabled():
        print(f"\nLearned from workspace {SLUG}:")  # noqa: T201
        for question, answer in learned.items():
            print(f"- {question}: {answer}")  # noqa: T201

    assert learned.keys() == PROBES.keys()
    assert [question for question, answer in learned.items() if answer.startswith("not answered")] == []
