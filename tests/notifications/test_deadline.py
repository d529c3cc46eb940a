"""The notifiers as callbacks of a deadline, run by Airflow's own trigger; from Airflow 3.1 on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from airflow_provider_segment.notifications.destination import (
    SegmentDisableDestinationNotifier,
    SegmentEnableDestinationNotifier,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.notifications.conftest import BY_SLUG, IDENTITY, Logged, enabled

sdk = pytest.importorskip("airflow.sdk", reason="Airflow 2.11 has no deadlines")
callbacks = pytest.importorskip("airflow.triggers.callback", reason="deadlines came with Airflow 3.1")


def miss(notifier: type[Any], **arguments: Any) -> list[dict[str, Any]]:
    """Run the callback of a missed deadline, found by the path of its class as in the triggerer."""
    callback = sdk.AsyncCallback(notifier, kwargs=arguments)
    context = {"dag_run": {"run_id": "late", "conf": {"name": "Other"}}, "deadline": {"id": "1"}}
    trigger = callbacks.CallbackTrigger(callback.path, {**callback.kwargs, "context": context})

    async def run() -> list[dict[str, Any]]:
        return [event.payload async for event in trigger.run()]

    return asyncio.run(run())


@pytest.mark.parametrize("selection", [{"destination_id": "feed"}, IDENTITY, BY_SLUG])
def test_it_disables_then_enables_one_destination(feed: SegmentSandbox, selection: dict[str, Any]) -> None:
    assert miss(SegmentDisableDestinationNotifier, **selection)[-1]["state"] == "success"
    assert enabled(feed) == {"feed": False, "other": True}
    assert miss(SegmentEnableDestinationNotifier, **selection)[-1]["state"] == "success"
    assert enabled(feed) == {"feed": True, "other": True}


def test_templates_can_use_the_dag_run(feed: SegmentSandbox) -> None:
    miss(SegmentDisableDestinationNotifier, **IDENTITY | {"name": "{{ dag_run.conf.name }}"})
    assert enabled(feed) == {"feed": True, "other": False}


def test_a_failure_logs_its_consequence_and_no_secret(feed: SegmentSandbox, logged: Logged) -> None:
    feed.fault("status", status=403, method="PATCH")
    last = miss(SegmentDisableDestinationNotifier, destination_id="feed")[-1]
    log = logged()
    assert last["state"] == "failed"
    assert (
        "Could not disable the destination, so it may still receive events: PATCH /destinations/feed returned 403"
        in log
    )
    assert feed.token not in log + last["body"]
