"""Creating exactly one, step by step against a script."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment.protocol.errors import SegmentAmbiguousWriteError, SegmentSeveralMatchesError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Outcome, Send
from airflow_provider_segment.protocol.provisioning.destination import create_destination, ensure_destination
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec
from airflow_provider_segment.protocol.wire.messages import RequestFailure, Response
from tests.protocol.driver import ScriptedDriver

TERMS = CallOptions(connection="connection 'seg' to host", reconcile_timeout=10.0)
ARGUMENTS: dict[str, Any] = {"source_id": "s", "metadata_id": "m", "name": "mine", "settings": {}}
LOST = RequestFailure(reason="reset", sent=True)
REFUSED = RequestFailure(reason="refused", sent=False)


def record(destination_id: str) -> dict[str, Any]:
    fields = {"name": "mine", "enabled": True, "sourceId": "s", "settings": {}, "metadata": {"id": "m"}}
    return {"id": destination_id, **fields}


def created(destination_id: str) -> Outcome:
    return Response(status=200, body=json.dumps({"data": {"destination": record(destination_id)}}).encode())


def listed(*ids: str) -> Outcome:
    return Response(status=200, body=json.dumps({"data": {"destinations": [record(id_) for id_ in ids]}}).encode())


def methods(driver: ScriptedDriver) -> list[str]:
    return [request.method for request in driver.requests]


def test_what_is_found_after_a_lost_answer_is_adopted() -> None:
    driver = ScriptedDriver([LOST, listed(), listed(), listed("d1")])
    assert driver.run(create_destination(TERMS, **ARGUMENTS))["id"] == "d1"
    assert methods(driver) == ["POST", "GET", "GET", "GET"]
    assert "was lost, but it was created: d1" in driver.log_text


def run_until_error_or_posts(flow: Any, posts: int) -> list[float]:
    """Lose the answer of every POST and list nothing; give the times of the POSTs."""
    driver = ScriptedDriver()
    sent: list[float] = []
    reply: Outcome | None = None
    while len(sent) < posts:
        step = flow.send(reply)
        if isinstance(step, Send):
            if step.request.method == "POST":
                sent.append(driver.now)
            driver.then = LOST if step.request.method == "POST" else listed()
        reply = driver.take(step)
    return sent


def test_it_looks_for_as_long_as_settle_before_it_sends_again() -> None:
    first, second = run_until_error_or_posts(create_destination(TERMS, **ARGUMENTS), 2)
    assert second - first >= TERMS.reconcile_timeout


def test_after_sending_again_it_looks_once_more() -> None:
    driver = ScriptedDriver([LOST, listed(), created("d2"), listed("d1", "d2")])
    with pytest.raises(SegmentSeveralMatchesError) as caught:
        driver.run(create_destination(CallOptions(connection="c", reconcile_timeout=0), **ARGUMENTS))
    assert caught.value.ids == ("d1", "d2")
    assert methods(driver) == ["POST", "GET", "POST", "GET"]


def test_refused_and_limited_are_simply_repeated() -> None:
    limited = Response(status=429, headers={"retry-after": "1"}, body=b'{"errors": [{"type": "x"}]}')
    driver = ScriptedDriver([REFUSED, limited, created("d1")])
    assert driver.run(create_destination(TERMS, **ARGUMENTS))["id"] == "d1"
    assert methods(driver) == ["POST"] * 3


def test_several_after_a_lost_answer() -> None:
    driver = ScriptedDriver([LOST, listed("d1", "d2")])
    with pytest.raises(SegmentSeveralMatchesError):
        driver.run(create_destination(TERMS, **ARGUMENTS))


def test_a_look_that_fails_leaves_it_open() -> None:
    gone = Response(status=404, body=b'{"errors": [{"type": "NotFound"}]}')
    driver = ScriptedDriver([LOST, gone])
    with pytest.raises(SegmentAmbiguousWriteError, match="looking for it failed"):
        driver.run(create_destination(TERMS, **ARGUMENTS))


def test_a_spent_budget_leaves_it_open() -> None:
    options = CallOptions(connection="c", reconcile_timeout=1, retry_budget=5)
    assert len(run_until_error_or_posts(create_destination(options, **ARGUMENTS), 2)) == 2
    with pytest.raises(SegmentAmbiguousWriteError, match="and never seen"):
        run_until_error_or_posts(create_destination(options, **ARGUMENTS), 6)


def test_an_operators_create_is_checked_afterwards() -> None:
    spec = DestinationSpec(**ARGUMENTS)
    driver = ScriptedDriver([listed(), created("d2"), listed("d1", "d2")])
    with pytest.raises(SegmentSeveralMatchesError):
        driver.run(ensure_destination(TERMS, spec=spec, if_exists="reuse"))


def test_the_check_waits_until_lists_show_what_was_created() -> None:
    spec = DestinationSpec(**ARGUMENTS)
    driver = ScriptedDriver([listed(), created("d1"), listed(), listed(), listed("d1")])
    assert driver.run(ensure_destination(TERMS, spec=spec, if_exists="reuse")) == "d1"
    never = ScriptedDriver([listed(), created("d1")], then=listed())
    assert never.run(ensure_destination(TERMS, spec=spec, if_exists="reuse")) == "d1"
    assert "not listed after 10 s" in never.log_text


def test_a_retry_looks_over_settle_before_it_creates() -> None:
    spec = DestinationSpec(**ARGUMENTS)
    driver = ScriptedDriver([listed(), listed(), listed("d1")])
    assert driver.run(ensure_destination(TERMS, spec=spec, if_exists="reuse", wait_for_pending=True)) == "d1"
    assert methods(driver) == ["GET"] * 3
