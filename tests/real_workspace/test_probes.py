"""The probes against the sandbox, whose answers are known."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.real_workspace.api import Token, Workspace, WrongWorkspaceError, opened
from tests.real_workspace.probes import PROBES, find_place, learn

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(segment_sandbox: SegmentSandbox) -> Iterator[Workspace]:
    with opened(url=segment_sandbox.url, token=Token(segment_sandbox.token), slug="sandbox") as found:
        yield found


def test_every_question_has_an_answer_and_nothing_is_left(
    workspace: Workspace, segment_sandbox: SegmentSandbox
) -> None:
    learned = learn(workspace, find_place(workspace))

    assert learned["settings of an update"] == "merge"
    assert learned["unknown settings"] == "stored"
    assert "dynamicAuthSettings" in learned["settings of a new destination"]
    assert learned["unset names"] == "absent; null: 'absent'"
    assert learned["duplicate names"].startswith("refused: 422 {'type': 'input-validation'")
    assert learned["order of lists"] == "oldest first; disabled ones are listed as connected"
    assert '"sourceId" is required' in learned["error bodies"]
    assert "too long: 422" in learned["range errors"]
    assert "X-RateLimit-Reset" in learned["rate limit headers"] or "x-ratelimit-reset" in learned["rate limit headers"]
    assert learned.keys() == PROBES.keys()
    assert segment_sandbox.destinations == []


def test_another_service_gives_other_answers(workspace: Workspace, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(settings_update="replace", duplicate_names="allow", unnamed="empty", list_lag_seconds=3600)

    learned = learn(workspace, find_place(workspace))

    assert learned["settings of an update"].startswith("replace: ")
    assert learned["unset names"] == "''; null: ''"
    assert learned["duplicate names"] == "allowed"
    assert learned["order of lists"] == "new ones are not listed at once; disabled ones are not listed as connected"
    assert segment_sandbox.destinations == []


def test_nothing_is_written_in_another_workspace(segment_sandbox: SegmentSandbox) -> None:
    with (
        pytest.raises(WrongWorkspaceError, match="'sandbox', not to 'mine'"),
        opened(url=segment_sandbox.url, token=Token(segment_sandbox.token), slug="mine"),
    ):
        pytest.fail("it was opened")

    assert [entry["method"] for entry in segment_sandbox.requests] == ["GET"]


def test_a_probe_that_fails_is_named_and_leaves_nothing(workspace: Workspace, segment_sandbox: SegmentSandbox) -> None:
    place = find_place(workspace)
    segment_sandbox.fault("status", method="PATCH", status=500)

    learned = learn(workspace, place)

    assert learned["settings of an update"].startswith("not answered: PATCH /destinations/")
    assert learned["unknown settings"] == "stored"
    assert segment_sandbox.destinations == []


def test_what_cannot_be_removed_is_named(segment_sandbox: SegmentSandbox) -> None:
    def create_one_that_stays() -> None:
        with opened(url=segment_sandbox.url, token=Token(segment_sandbox.token), slug="sandbox") as workspace:
            workspace.create(find_place(workspace).body())
            segment_sandbox.fault("status", method="DELETE", status=500)

    with pytest.raises(AssertionError, match=r"delete these destinations by hand: [0-9a-f]{24}"):
        create_one_that_stays()


@pytest.mark.parametrize(("slug", "result"), [("sandbox", "1 passed"), ("other", "1 failed"), ("", "1 skipped")])
def test_it_runs_only_in_the_workspace_that_is_named(segment_sandbox: SegmentSandbox, slug: str, result: str) -> None:
    names = {"SEGMENT_TEST_TOKEN": segment_sandbox.token, "SEGMENT_TEST_WORKSPACE": slug}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/real_workspace/test_real_workspace.py"],
        cwd=ROOT,
        env={**os.environ, **names, "SEGMENT_TEST_URL": segment_sandbox.url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result in run.stdout
    assert ("- settings of an update: merge" in run.stdout) == (result == "1 passed")
    assert segment_sandbox.token not in run.stdout
    assert segment_sandbox.destinations == []
