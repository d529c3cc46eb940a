"""Spec files that change while the task that applies them is deferred: it plans again, as a retry does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.exceptions import SegmentPruneLimitError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.transport.gates import forget_all
from airflow_provider_segment.triggers import rate_limit
from tests.operators.deferring import Triggerer, triggerer
from tests.operators.test_deferrable_workspace import KEY, described, empty, entries, made, workspace, write
from tests.running import Running

__all__ = ["empty", "triggerer"]

DuringFirstWait: TypeAlias = Callable[[Callable[[], Any]], None]


@pytest.fixture
def during_first_wait(triggerer: Triggerer, monkeypatch: pytest.MonkeyPatch) -> DuringFirstWait:
    """Return a function that has something done while the task waits for the first time."""

    def register(act: Callable[[], Any]) -> None:
        left, sleep = [act], triggerer.sleep

        async def sleep_and_act(seconds: float) -> None:
            await sleep(seconds)
            if left:
                left.pop()()

        monkeypatch.setattr(rate_limit, "_sleep", sleep_and_act)

    return register


def test_removals_are_limited_together(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    tmp_path: Path,
) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    folder = write(tmp_path, described("B", 8), described("C", 8))
    running.run(workspace(folder, deferrable=False))
    segment_sandbox.settings(subscription_write_limit_per_minute=5)
    write(folder, described("A", 1), *(described(name, subscriptions=entries(8, enabled=False)) for name in "BC"))
    gone = [{**one, "removed": True} for one in entries(8)]
    during_first_wait(lambda: write(folder, *(described(name, subscriptions=gone) for name in "BC")))
    with pytest.raises(AirflowFailException, match="max_prune allows 10") as caught:
        triggerer.run(running, lambda: workspace(folder, max_prune=10))
    assert isinstance(caught.value.__cause__, SegmentPruneLimitError)
    assert {name: len(names) for name, names in made(segment_sandbox).items()} == {"A": 0, "B": 8, "C": 8}


def test_an_edit_of_a_destination_that_was_as_described_is_applied(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    tmp_path: Path,
) -> None:
    folder = write(tmp_path, described("Kept", 0))
    running.run(workspace(folder, deferrable=False))
    write(folder, described("New", 6))
    during_first_wait(lambda: write(folder, described("Kept", 0, enabled=False)))
    summary = triggerer.run(running, lambda: workspace(folder))
    assert {one["name"]: one["result"] for one in summary["destinations"]}["Kept"] == "changed"
    assert {one["name"]: one["enabled"] for one in segment_sandbox.destinations} == {"Kept": False, "New": True}


def test_the_workspace_is_checked_again(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    tmp_path: Path,
) -> None:
    folder = write(tmp_path, described("A", 6), described("B", 1))
    environment = folder / "environments" / "prod.yaml"
    environment.parent.mkdir()
    environment.write_text("variables: {}\n")
    during_first_wait(lambda: environment.write_text("workspace_id: another\n"))
    with pytest.raises(AirflowFailException, match="workspace_id another"):
        triggerer.run(running, lambda: workspace(folder, environment="prod"))
    assert set(made(segment_sandbox)) <= {"A"}


def test_what_is_stored_tells_nothing_about_settings(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, tmp_path: Path
) -> None:
    folder = write(tmp_path, described("A", 6))
    triggerer.run(running, lambda: workspace(folder))
    stored = triggerer.triggers[-1]
    assert len(stored["state"]["progress"]["described"]) == 8  # 32 bits
    assert KEY not in str(stored)


def test_a_rate_limit_after_the_last_write_loses_no_result(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The list that shows whether the created destination is the only one is limited."""
    folder = write(tmp_path, described("A", 2))
    monkeypatch.setattr("airflow_provider_segment.transport.requests_driver.time.sleep", lambda _: forget_all())
    limit: dict[str, Any] = {"method": "GET", "path": "/sources/*/connected-destinations", "retryAfter": 50}
    during_first_wait(lambda: segment_sandbox.fault("rate_limit", **limit, times=1))
    make = lambda: SegmentApplyDestinationOperator(  # noqa: E731
        task_id="apply", path=str(folder / "A.yaml"), deferrable=True
    )
    summary = triggerer.run(running, make)
    assert (summary["created"], summary["differs"]) == (True, True)
    assert [one["result"] for one in summary["subscriptions"]] == ["created", "created"]
