"""Many destinations applied by one task that waits for rate limits in the triggerer: the same result as without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.exceptions import SegmentPartialFailureError, SegmentProtocolError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.transport.gates import forget_all
from airflow_provider_segment.triggers import rate_limit
from tests.operators.deferred_workspace import described, empty, entries, made, workspace, write
from tests.operators.deferring import Triggerer, triggerer
from tests.running import Running

__all__ = ["empty", "triggerer"]


def without_ids(summary: dict[str, Any]) -> dict[str, Any]:
    entries = [{**one, "destination_id": one["destination_id"] is not None} for one in summary["destinations"]]
    return {**summary, "destinations": entries}


def count(sandbox: SegmentSandbox, method: str, path: str = "") -> int:
    return sum(one["method"] == method and one["path"].endswith(path) for one in sandbox.requests)


def test_it_waits_in_the_triggerer_and_returns_the_same(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, tmp_path: Path
) -> None:
    folder = write(tmp_path, *(described(name) for name in "ABC"))
    deferred = triggerer.run(running, lambda: workspace(folder))

    assert [trigger["count"] for trigger in triggerer.triggers] == [5, 5, 2]
    assert made(segment_sandbox) == {name: [f"Track {number}" for number in range(4)] for name in "ABC"}
    assert {one["status"] for one in segment_sandbox.requests} == {200}
    assert count(segment_sandbox, "POST") == 3 + 12
    assert {one["destination_id"] for one in deferred["destinations"]} == {
        one["id"] for one in segment_sandbox.destinations
    }
    stored = json.dumps(triggerer.triggers)
    assert "canary" not in stored
    assert segment_sandbox.token not in stored

    segment_sandbox.seed("empty")
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    plain = running.run(workspace(folder, deferrable=False))
    assert without_ids(plain) == without_ids(deferred)
    assert deferred["results"] == {"created": 3}


def test_what_is_done_is_not_read_again(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, tmp_path: Path
) -> None:
    """Otherwise the number of requests would grow with the square of the number of destinations."""
    folder = write(tmp_path, *(described(name, 5) for name in "ABCDEF"))
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    running.run(workspace(folder, deferrable=False))
    segment_sandbox.settings(subscription_write_limit_per_minute=5)
    write(tmp_path, *(described(name, subscriptions=entries(5, enabled=False)) for name in "ABCDEF"))
    before = len(segment_sandbox.requests)

    summary = triggerer.run(running, lambda: workspace(folder))

    assert summary["results"] == {"changed": 6}
    assert len(triggerer.triggers) == 6
    gets = [one["path"] for one in segment_sandbox.requests[before:] if one["method"] == "GET"]
    plan, again = 1 + 1 + 6, 2 * 6
    assert len(gets) <= plan + again + 2 * len(triggerer.triggers)


def test_failures_before_a_wait_are_reported_at_the_end(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, tmp_path: Path
) -> None:
    folder = write(tmp_path, described("A"), described("B", source="sandbox-wep"), described("C"), described("D"))
    segment_sandbox.fault("status", status=422, method="POST", path="/destinations", times=1)
    with pytest.raises(AirflowFailException) as raised:  # a retry can fix neither
        triggerer.run(running, lambda: workspace(folder))

    assert len(triggerer.triggers) == 2
    error = raised.value.__cause__
    assert isinstance(error, SegmentPartialFailureError)
    message = str(error)
    assert message.startswith("2 of 4 destinations failed: destination 'A' (A.yaml): POST /destinations returned 422")
    assert "destination 'B' (B.yaml): there is no source with the slug or id 'sandbox-wep'" in message
    assert error.summary is not None
    assert error.summary["results"] == {"failed": 2, "created": 2}
    assert set(made(segment_sandbox)) == {"C", "D"}


def test_after_an_edit_it_plans_again_as_a_retry_does(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = write(tmp_path, described("A", 5), described("B", 5))
    sleep = triggerer.sleep

    async def edit(seconds: float) -> None:
        await sleep(seconds)
        if count(segment_sandbox, "POST", "/subscriptions") == 5:
            write(folder, described("C", 1))

    monkeypatch.setattr(rate_limit, "_sleep", edit)
    summary = triggerer.run(running, lambda: workspace(folder))

    assert {one["name"]: one["result"] for one in summary["destinations"]} == {
        "A": "kept",
        "B": "changed",
        "C": "created",
    }
    assert {name: len(names) for name, names in made(segment_sandbox).items()} == {"A": 5, "B": 5, "C": 1}


def test_secrets_are_rotated_once(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, tmp_path: Path
) -> None:
    folder = write(tmp_path, described("A", 7))
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    running.run(workspace(folder, deferrable=False))
    segment_sandbox.settings(subscription_write_limit_per_minute=5)
    write(folder, described("A", subscriptions=entries(7, settings={"greeting": "changed"})))
    before = len(segment_sandbox.requests)
    triggerer.run(running, lambda: workspace(folder, rotate_secrets=True))
    patches = [one["path"] for one in segment_sandbox.requests[before:] if one["method"] == "PATCH"]
    assert len(patches) == len(set(patches)) == 8


def test_removals_are_removed_once(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, tmp_path: Path
) -> None:
    folder = write(tmp_path, described("A"), described("B"))
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    running.run(workspace(folder, deferrable=False))
    segment_sandbox.settings(subscription_write_limit_per_minute=5)
    gone = entries(4)
    write(
        folder, described("A", subscriptions=[{**one, "removed": True} for one in gone]), described("B", removed=True)
    )
    summary = triggerer.run(running, lambda: workspace(folder))
    assert summary["results"] == {"changed": 1, "removed": 1}
    assert made(segment_sandbox) == {"A": []}


def test_reading_is_not_started_again_for_each_wait(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It defers before the first response; later, a deferral would lose what was read."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        forget_all()

    monkeypatch.setattr("airflow_provider_segment.transport.requests_driver.time.sleep", sleep)
    folder = write(tmp_path, described("A", 0))
    segment_sandbox.fault("rate_limit", method="GET", path="/sources", retryAfter=40, times=1)
    segment_sandbox.fault("rate_limit", method="GET", path="/sources/*/connected-destinations", retryAfter=50, times=1)
    summary = triggerer.run(running, lambda: workspace(folder))
    assert summary["results"] == {"created": 1}
    assert len(triggerer.triggers) == 1
    assert triggerer.seconds < 50 <= sum(slept) + 1


def test_an_event_of_another_version_is_an_error(running: Running, segment_sandbox: SegmentSandbox) -> None:
    event = {"status": "resumed", "granted": {}, "slept": 1.0, "state": {"progress": {"destinations": 5}}}
    with pytest.raises(SegmentProtocolError, match="the stored progress can't be read"):
        running.resume(workspace(Path("x")), "execute_complete", {"event": event})


def test_one_file_waits_in_the_triggerer_too(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, tmp_path: Path
) -> None:
    folder = write(tmp_path, described("A", 7))
    make = lambda: SegmentApplyDestinationOperator(  # noqa: E731
        task_id="apply", path=str(folder / "A.yaml"), deferrable=True
    )
    summary = triggerer.run(running, make)
    (destination,) = segment_sandbox.destinations
    assert [trigger["count"] for trigger in triggerer.triggers] == [5, 2]
    assert (summary["created"], summary["destination_id"]) == (True, destination["id"])
    assert [one["result"] for one in summary["subscriptions"]] == ["created"] * 7
    assert {one["id"] for one in summary["subscriptions"]} == {one["id"] for one in destination["subscriptions"]}


@pytest.mark.parametrize("value", [True, False])
def test_the_default_is_airflows(value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", str(value))
    assert workspace(Path("x"), deferrable=None).deferrable is value
