"""Watching from outside what the triggerer does."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psutil

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.local_airflow.airflow import LocalAirflow
from dev.local_airflow.dag_run import DagRun

_TIMEOUT_SECONDS = 180


def until(what: Callable[[], bool], *, description: str) -> None:
    """Wait until a condition holds.

    :param what: returns whether it holds.
    :param description: the condition in words, for the error.
    """
    give_up = time.monotonic() + _TIMEOUT_SECONDS
    while not what():
        assert time.monotonic() < give_up, f"timed out waiting until {description}"
        time.sleep(0.1)


def wait_until_deferred(airflow: LocalAirflow, run: DagRun, *tasks: str) -> None:
    """Wait until tasks of a run are deferred, and Airflow's scheduler knows that their workers have ended.

    Airflow fails a task that resumes before its scheduler has noticed; the scheduler checks once per loop.
    """
    for task_id in tasks:
        run.wait_for_task(task_id, "deferred", timeout=_TIMEOUT_SECONDS)
    for task in run.task_instances():
        if task["task_id"] in tasks:
            until(partial(_is_noticed, airflow, task["id"]), description=f"{task['task_id']} is noticed")


def _is_noticed(airflow: LocalAirflow, ti_id: str) -> bool:
    lines = airflow.log("scheduler").splitlines()
    return any("TaskInstance Finished" in line and f"ti_id={ti_id}" in line for line in lines)


def polls(sandbox: SegmentSandbox, destination_id: str) -> int:
    """Return how often a destination's metrics have been requested."""
    path = f"/destinations/{destination_id}/delivery-metrics"
    return sum(entry["path"] == path for entry in sandbox.requests)


def more_polls(sandbox: SegmentSandbox, destination_id: str, *, count: int) -> None:
    """Wait until a destination has been polled some more times."""
    goal = polls(sandbox, destination_id) + count
    until(lambda: polls(sandbox, destination_id) >= goal, description=f"{goal} polls of {destination_id}")


def connections(airflow: LocalAirflow, sandbox: SegmentSandbox) -> list[Any]:
    """Return the open connections from all parts of an Airflow to a sandbox."""
    port = int(sandbox.url.rpartition(":")[2])
    return [
        found
        for process in airflow.processes()
        for found in process.net_connections(kind="tcp")
        if found.raddr and found.raddr.port == port and found.status == psutil.CONN_ESTABLISHED
    ]


def destination(destination_id: str) -> dict[str, Any]:
    """Return a destination for the seed of a sandbox."""
    return {
        "id": destination_id,
        "sourceId": "sandbox-web",
        "metadataId": "sandbox-analytics",
        "name": destination_id,
        "settings": {"apiKey": "k"},
    }


def deliver(sandbox: SegmentSandbox, destination_id: str, **counts: int) -> None:
    """Deliver events with a time so long ago that every poll counts them."""
    sandbox.deliver(destination_id, at=datetime.now(UTC) - timedelta(minutes=5), **counts)


def creates(sandbox: SegmentSandbox) -> list[str]:
    """Return the paths of the creates of subscriptions that Segment accepted."""
    entries = [entry for entry in sandbox.requests if entry["method"] == "POST" and entry["status"] == 200]
    return [entry["path"] for entry in entries if entry["path"].endswith("/subscriptions")]
