"""How the sensor finds its destination: by its id alone, or by its source, type and name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from airflow_provider_segment.exceptions import (
    SegmentDeliveryFailedError,
    SegmentNotFoundError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.running import Running
from tests.sensors.deferring import run_deferred, run_trigger

SEED: dict[str, Any] = {
    "sources": [{"id": "src-1", "slug": "website"}, {"id": "src-2", "slug": "shop"}],
    "catalog": [{"id": "type-1", "slug": "my-tool"}],
    "destinations": [{"id": "d1", "sourceId": "src-1", "metadataId": "type-1", "name": "mine"}],
}
IDENTITY = {"source": "website", "destination_type": "my-tool", "name": "mine"}
SOURCES, CONNECTED, READ = "/sources", "/sources/src-1/connected-destinations", "/destinations/d1"
METRICS = "/destinations/d1/delivery-metrics"
LABEL = "destination 'mine' of type my-tool on source website"


@pytest.fixture(autouse=True)
def sandbox(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> SegmentSandbox:
    """Seed the sandbox, and make the first polls of triggers come at once."""
    segment_sandbox.seed(SEED)
    monkeypatch.setattr("airflow_provider_segment.triggers.polling.random.uniform", lambda low, high: low)
    return segment_sandbox


def sensor(**changes: Any) -> SegmentDeliveryMetricsSensor:
    arguments: dict[str, Any] = {
        "task_id": "wait",
        "success_when": "successes >= 10",
        "window": timedelta(hours=1),
        "poke_interval": 0.05,
        "timeout": 20,
    }
    return SegmentDeliveryMetricsSensor(**arguments | changes)


def deliver(sandbox: SegmentSandbox, **counts: int) -> None:
    sandbox.deliver("d1", at=(datetime.now(UTC) - timedelta(minutes=5)).isoformat(), **counts)


def paths(sandbox: SegmentSandbox) -> list[str]:
    return [entry["path"] for entry in sandbox.requests]


@pytest.mark.parametrize(
    ("selection", "reads"),
    [
        ({"destination_id": "d1", "source_id": "src-1"}, [READ]),
        ({"destination_id": "d1"}, [READ]),
        ({"destination_id": "d1", "source": "website"}, [SOURCES, READ]),
        (IDENTITY, [SOURCES, CONNECTED, READ]),
        ({"source_id": "src-1", "metadata_id": "type-1", "name": "mine"}, [CONNECTED, READ]),
    ],
)
def test_it_reads_only_what_it_must(
    running: Running, sandbox: SegmentSandbox, selection: dict[str, str], reads: list[str]
) -> None:
    deliver(sandbox, successes=10)
    evidence = running.run(sensor(**selection))
    assert evidence["metrics"]["successes"] == 10
    assert paths(sandbox) == [*reads, METRICS]
    (poll,) = [entry for entry in sandbox.requests if entry["path"] == METRICS]
    assert "sourceId=src-1" in poll["query"]


def test_it_is_found_once_for_all_polls_of_a_process(running: Running, sandbox: SegmentSandbox) -> None:
    task = sensor(**IDENTITY)
    context: Any = running.context
    for _ in range(3):
        task.poke(context)
    assert paths(sandbox) == [SOURCES, CONNECTED, READ, METRICS, METRICS, METRICS]


def test_a_later_process_of_reschedule_mode_does_not_check_it_again(running: Running, sandbox: SegmentSandbox) -> None:
    deliver(sandbox, successes=5)  # events are proof that it exists
    later: Any = running.context | {"task_reschedule_count": 1}
    for selection, reads in (
        ({"destination_id": "d1", "source_id": "src-1"}, []),
        ({"destination_id": "d1"}, [READ]),
        (IDENTITY, [SOURCES, CONNECTED]),
    ):
        before = len(sandbox.requests)
        sensor(**selection, mode="reschedule").poke(later)
        assert paths(sandbox)[before:] == [*reads, METRICS]


@pytest.mark.parametrize("selection", [{"destination_id": "d1"}, IDENTITY])
def test_with_a_state_store_reschedule_mode_finds_it_once(sandbox: SegmentSandbox, selection: dict[str, str]) -> None:
    store: dict[str, Any] = {}

    class Store:
        get = staticmethod(store.get)
        set = staticmethod(store.__setitem__)

    for count in range(3):
        context: Any = {"task_reschedule_count": count, "task_state_store": Store}
        sensor(**selection, mode="reschedule").poke(context)
    reads = [SOURCES, CONNECTED, READ] if selection is IDENTITY else [READ]
    assert paths(sandbox) == [*reads, METRICS, METRICS, METRICS]
    sensor(**IDENTITY | {"source": "src-1"}, mode="reschedule").poke(context)
    assert paths(sandbox)[-4:] == [SOURCES, CONNECTED, READ, METRICS]  # another selection


@pytest.mark.parametrize("selection", [{"destination_id": "d1"}, IDENTITY])
def test_the_trigger_carries_what_was_given(
    running: Running, sandbox: SegmentSandbox, selection: dict[str, str]
) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        running.run(sensor(**selection, deferrable=True))
    _, arguments = deferred.value.trigger.serialize()
    names = {"destination_id", "source", "source_id", "destination_type", "metadata_id", "name"}
    assert {name: value for name, value in arguments.items() if name in names} == selection


def test_a_deferred_wait_finds_it_in_the_trigger(running: Running, sandbox: SegmentSandbox) -> None:
    evidence = run_deferred(
        running,
        lambda: sensor(**IDENTITY, deferrable=True),
        between=lambda: deliver(sandbox, successes=10),
    )
    assert evidence["metrics"]["successes"] == 10
    assert paths(sandbox) == [SOURCES, CONNECTED, READ, METRICS, SOURCES, CONNECTED, METRICS]


def test_a_deferred_wait_reads_its_source_in_the_trigger(running: Running, sandbox: SegmentSandbox) -> None:
    run_deferred(
        running,
        lambda: sensor(destination_id="d1", deferrable=True),
        between=lambda: deliver(sandbox, successes=10),
    )
    assert paths(sandbox) == [READ, METRICS, READ, METRICS]


def test_the_verdict_names_what_was_given(running: Running, sandbox: SegmentSandbox) -> None:
    deliver(sandbox, discarded=10)
    task = sensor(**IDENTITY, fail_when="failure_rate > 0.5")
    with pytest.raises(SegmentDeliveryFailedError) as raised:
        running.run(task)
    assert str(raised.value).endswith("; destination 'mine' (d1)")


def test_a_destination_that_does_not_exist_ends_the_wait(running: Running) -> None:
    with pytest.raises(SegmentNotFoundError) as raised:
        running.run(sensor(**IDENTITY | {"name": "another"}))
    assert str(raised.value) == "there is no destination 'another' of type my-tool on source website"


def test_several_destinations_end_the_wait(running: Running, sandbox: SegmentSandbox) -> None:
    (mine,) = SEED["destinations"]
    sandbox.seed(SEED | {"destinations": [mine, mine | {"id": "d2"}]})
    with pytest.raises(SegmentSeveralMatchesError) as raised:
        running.run(sensor(**IDENTITY))
    assert str(raised.value).startswith(f"2 objects match {LABEL}: d1, d2")


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (
            IDENTITY | {"source": "websit"},
            "there is no source with the slug or id 'websit'; did you mean 'website'?",
        ),
        (
            IDENTITY | {"destination_type": "tool"},
            "there is no destination type with the slug or id 'tool'; did you mean 'my-tool'?",
        ),
        (
            {"destination_id": "d1", "source": "shop"},
            "source is 'shop' (src-2), but destination d1 belongs to source 'src-1'",
        ),
        (
            {"destination_id": "d1", "source": "src-2"},
            "source is 'src-2', but destination d1 belongs to source 'src-1'",
        ),
        (
            {"destination_id": "d1", "source_id": "src-2"},
            "source_id is 'src-2', but destination d1 belongs to source 'src-1'",
        ),
    ],
)
@pytest.mark.parametrize("deferrable", [False, True])
def test_a_selection_that_cannot_be_right_ends_the_wait(
    running: Running, selection: dict[str, str], message: str, deferrable: bool
) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        running.run(sensor(**selection, deferrable=deferrable))
    assert str(raised.value) == message


def test_the_trigger_ends_with_the_same_error(running: Running, sandbox: SegmentSandbox) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        running.run(sensor(**IDENTITY, deferrable=True))
    sandbox.seed(SEED | {"destinations": []})
    event = run_trigger(deferred.value.trigger)
    assert (event["status"], event["error"], event["message"]) == (
        "error",
        "SegmentNotFoundError",
        "there is no destination 'mine' of type my-tool on source website",
    )


PASS = "pass either destination_id, or source (or source_id), destination_type (or metadata_id) and name together"


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({}, f"{PASS}; missing: source, destination_type, name"),
        ({"source_id": "s"}, f"{PASS}; missing: destination_type, name"),
        (
            {"destination_id": "d", "source_id": "s", "name": "n"},
            f"destination_id can't be combined with name; {PASS}, and check default_args too",
        ),
        (
            {"destination_id": "d", "source": "a", "source_id": "b"},
            "source and source_id can't be combined; pass only one, and check default_args too. source takes a slug"
            " or an id, source_id only an id",
        ),
    ],
)
def test_a_selection_is_checked_when_the_dag_is_parsed(selection: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        sensor(**selection)
    assert str(raised.value) == f"task 'wait': {message}"
