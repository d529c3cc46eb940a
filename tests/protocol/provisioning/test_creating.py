"""Creating exactly one object, step by step against a scripted driver."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_segment.protocol.errors import (
    SegmentAlreadyExistsError,
    SegmentAmbiguousWriteError,
    SegmentApiError,
    SegmentSeveralMatchesError,
    SegmentUnexpectedResultError,
)
from airflow_provider_segment.protocol.flow.steps import CallOptions, Outcome, Send
from airflow_provider_segment.protocol.provisioning.destination import create_destination, ensure_destination
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec
from airflow_provider_segment.protocol.wire.messages import RequestFailure, Response
from tests.protocol.driver import ScriptedDriver
from tests.protocol.provisioning.destinations import TYPE, created, listed

OPTIONS = CallOptions(connection="connection 'seg' to host", reconcile_timeout=10.0)
ARGUMENTS: dict[str, Any] = {"source_id": "s", "metadata_id": "m", "name": "mine", "settings": {}}
LOST = RequestFailure(reason="reset", sent=True)
REFUSED = RequestFailure(reason="refused", sent=False)


def methods(driver: ScriptedDriver) -> list[str]:
    return [request.method for request in driver.requests]


def test_an_object_listed_after_a_lost_response_is_adopted() -> None:
    driver = ScriptedDriver([LOST, listed(), listed(), listed("d1")])
    assert driver.run(create_destination(OPTIONS, **ARGUMENTS))["id"] == "d1"
    assert methods(driver) == ["POST", "GET", "GET", "GET"]
    assert "was lost, but destination 'mine' of type m on source s was created: d1" in driver.log_text


def run_until_error_or_posts(flow: Any, posts: int) -> list[float]:
    """Lose the response to every POST, list nothing, and return the times of the POSTs."""
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


def test_it_polls_for_the_reconcile_timeout_before_it_creates_again() -> None:
    first, second = run_until_error_or_posts(create_destination(OPTIONS, **ARGUMENTS), 2)
    assert second - first >= OPTIONS.reconcile_timeout


@pytest.mark.parametrize(
    ("stored", "field"), [({"name": "Mine"}, "name is 'Mine'"), ({"enabled": False}, "enabled is")]
)
def test_an_object_created_otherwise_than_asked_raises(stored: dict[str, Any], field: str) -> None:
    response = created("d1", **stored)
    with pytest.raises(SegmentUnexpectedResultError, match=f"was created as d1, but its {field}") as caught:
        ScriptedDriver([response]).run(create_destination(OPTIONS, **ARGUMENTS))
    assert caught.value.id == "d1"


def test_after_creating_again_it_checks_for_duplicates() -> None:
    driver = ScriptedDriver([LOST, listed(), created("d2"), listed("d1", "d2")])
    with pytest.raises(SegmentSeveralMatchesError) as caught:
        driver.run(create_destination(CallOptions(connection="c", reconcile_timeout=0), **ARGUMENTS))
    assert caught.value.ids == ("d1", "d2")
    assert methods(driver) == ["POST", "GET", "POST", "GET"]


def test_a_refused_connection_and_a_429_are_retried_without_a_check() -> None:
    limited = Response(status=429, headers={"retry-after": "1"}, body=b'{"errors": [{"type": "x"}]}')
    driver = ScriptedDriver([REFUSED, limited, created("d1")])
    assert driver.run(create_destination(OPTIONS, **ARGUMENTS))["id"] == "d1"
    assert methods(driver) == ["POST"] * 3


def test_several_matches_after_a_lost_response_raise() -> None:
    driver = ScriptedDriver([LOST, listed("d1", "d2")])
    with pytest.raises(SegmentSeveralMatchesError):
        driver.run(create_destination(OPTIONS, **ARGUMENTS))


def test_a_failed_check_raises_that_the_outcome_is_unknown() -> None:
    gone = Response(status=404, body=b'{"errors": [{"type": "NotFound"}]}')
    driver = ScriptedDriver([LOST, gone])
    with pytest.raises(SegmentAmbiguousWriteError, match="could not check whether the object exists"):
        driver.run(create_destination(OPTIONS, **ARGUMENTS))


def test_a_spent_budget_raises_that_the_outcome_is_unknown() -> None:
    options = CallOptions(connection="c", reconcile_timeout=1, retry_budget=5)
    assert len(run_until_error_or_posts(create_destination(options, **ARGUMENTS), 2)) == 2
    with pytest.raises(SegmentAmbiguousWriteError, match="but Segment never listed the object"):
        run_until_error_or_posts(create_destination(options, **ARGUMENTS), 6)


def test_ensure_checks_for_duplicates_after_creating() -> None:
    spec = DestinationSpec(**ARGUMENTS)
    driver = ScriptedDriver([listed(), TYPE, created("d2"), listed("d1", "d2")])
    with pytest.raises(SegmentSeveralMatchesError, match="this task created d2"):
        driver.run(ensure_destination(OPTIONS, spec=spec, if_exists="reuse"))


def test_the_check_polls_until_the_created_object_is_listed() -> None:
    spec = DestinationSpec(**ARGUMENTS)
    driver = ScriptedDriver([listed(), TYPE, created("d1"), listed(), listed(), listed("d1")])
    assert driver.run(ensure_destination(OPTIONS, spec=spec, if_exists="reuse")).id == "d1"
    never = ScriptedDriver([listed(), TYPE, created("d1")], then=listed())
    assert never.run(ensure_destination(OPTIONS, spec=spec, if_exists="reuse")).id == "d1"
    assert "not listed after 10 s" in never.log_text


def test_a_retry_polls_for_the_reconcile_timeout_before_it_creates() -> None:
    spec = DestinationSpec(**ARGUMENTS)
    driver = ScriptedDriver([listed(), listed(), listed("d1")])
    assert driver.run(ensure_destination(OPTIONS, spec=spec, if_exists="reuse", wait_for_pending=True)).id == "d1"
    assert methods(driver) == ["GET"] * 3


@pytest.mark.parametrize(("age", "seconds"), [(0.0, 10.0), (4.0, 6.0), (10.0, 0.0), (300.0, 0.0)])
def test_a_retry_polls_no_longer_than_a_write_of_the_earlier_try_may_be_in_flight(age: float, seconds: float) -> None:
    spec = DestinationSpec(**ARGUMENTS)
    driver = ScriptedDriver(then=listed())
    flow = ensure_destination(replace(OPTIONS, pending_age=age), spec=spec, if_exists="reuse", wait_for_pending=True)
    reply: Outcome | None = None
    while not (driver.requests and driver.requests[-1].path.startswith("/catalog")):
        step = flow.send(reply)
        reply = driver.take(step)
    assert driver.now == seconds


def lose_every_post(flow: Any, driver: ScriptedDriver, *, seconds: float) -> None:
    """Run a flow; the response to every POST is lost after some seconds, and nothing is ever listed."""
    reply: Outcome | None = None
    while True:
        step = flow.send(reply)
        if isinstance(step, Send):
            lost = RequestFailure(reason="timed out", sent=True, seconds=seconds)
            driver.then = lost if step.request.method == "POST" else listed()
        reply = driver.take(step)


@pytest.mark.parametrize("reconcile_timeout", [0, 1, 10, 60, 1000])
@pytest.mark.parametrize("seconds", [0.0, 30.0])
def test_the_retry_budget_bounds_attempts_polls_and_pauses_together(reconcile_timeout: float, seconds: float) -> None:
    options = CallOptions(connection="c", reconcile_timeout=reconcile_timeout, retry_budget=300)
    driver = ScriptedDriver()
    with pytest.raises(SegmentAmbiguousWriteError):
        lose_every_post(create_destination(options, **ARGUMENTS), driver, seconds=seconds)
    assert driver.now <= 300 + seconds  # an attempt that has begun may end


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_rejected_repeat_checks_whether_the_first_request_was_applied(status: int) -> None:
    rejected = Response(status=status, body=b'{"errors": [{"type": "bad-request", "message": "exists"}]}')
    options = CallOptions(connection="c", reconcile_timeout=0)
    driver = ScriptedDriver([LOST, listed(), rejected, listed("d1")])
    assert driver.run(create_destination(options, **ARGUMENTS))["id"] == "d1"
    with pytest.raises(SegmentApiError, match="exists"):
        ScriptedDriver([LOST, listed(), rejected, listed()]).run(create_destination(options, **ARGUMENTS))
    with pytest.raises(SegmentApiError, match="exists"):
        ScriptedDriver([rejected, listed()]).run(create_destination(options, **ARGUMENTS))


def test_a_create_after_408_checks_before_it_creates_again() -> None:
    timeout = Response(status=408, body=b"Request Timeout")
    driver = ScriptedDriver([timeout, listed("d1")])
    assert driver.run(create_destination(OPTIONS, **ARGUMENTS))["id"] == "d1"


def test_retry_after_of_a_503_delays_the_next_create() -> None:
    unavailable = Response(status=503, headers={"retry-after": "42"}, body=b"")
    options = CallOptions(connection="c", reconcile_timeout=0)
    driver = ScriptedDriver([unavailable, listed(), created("d1"), listed("d1")])
    driver.run(create_destination(options, **ARGUMENTS))
    assert [pause.seconds for pause in driver.pauses] == [42]


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_create_that_is_refused_because_another_run_was_faster_uses_that_destination(status: int) -> None:
    spec = DestinationSpec(**ARGUMENTS)
    driver = ScriptedDriver([listed(), TYPE, refused(status), listed("d1"), listed("d1")])
    assert driver.run(ensure_destination(OPTIONS, spec=spec, if_exists="reuse")).id == "d1"
    assert methods(driver) == ["GET", "GET", "POST", "GET", "GET"]
    assert "exists; destination 'mine' of type m on source s exists now: d1; reading the" in driver.log_text
    with pytest.raises(SegmentAlreadyExistsError):
        ScriptedDriver([listed(), TYPE, refused(status), listed("d1"), listed("d1")]).run(
            ensure_destination(OPTIONS, spec=spec, if_exists="fail")
        )
    with pytest.raises(SegmentSeveralMatchesError):
        ScriptedDriver([listed(), TYPE, refused(status), listed("d1", "d2"), listed("d1", "d2")]).run(
            ensure_destination(OPTIONS, spec=spec, if_exists="reuse")
        )
    with pytest.raises(SegmentApiError, match="exists; it already exists: d1"):
        ScriptedDriver([refused(status), listed("d1")]).run(create_destination(OPTIONS, **ARGUMENTS))


def test_a_create_that_is_refused_for_another_reason_raises_with_the_reason() -> None:
    spec = DestinationSpec(**ARGUMENTS)
    with pytest.raises(SegmentApiError, match="exists"):
        ScriptedDriver([listed(), TYPE, refused(422), listed()]).run(
            ensure_destination(OPTIONS, spec=spec, if_exists="reuse")
        )
    driver = ScriptedDriver([listed(), TYPE, refused(422), refused(404)])
    with pytest.raises(SegmentApiError, match="returned 422: exists"):
        driver.run(ensure_destination(OPTIONS, spec=spec, if_exists="reuse"))
    assert "could not check whether it exists" in driver.log_text


def refused(status: int) -> Outcome:
    return Response(status=status, body=b'{"errors": [{"type": "bad-request", "message": "exists"}]}')


def test_null_is_never_sent_on_create() -> None:
    settings = {"a": None, "b": {"c": None, "d": 1}, "e": [{"f": None, "g": 2}, 3]}
    driver = ScriptedDriver([created("d1")])
    driver.run(create_destination(OPTIONS, **ARGUMENTS | {"settings": settings}))
    sent = json.loads(driver.requests[0].body or b"")["settings"]
    assert sent == {"b": {"d": 1}, "e": [{"g": 2}, 3]}


def test_a_create_that_is_refused_twice_raises_although_the_destination_comes_and_goes() -> None:
    spec = DestinationSpec(**ARGUMENTS)
    options = replace(OPTIONS, reconcile_timeout=0.0, clocks=lambda: (0.0, 0.0))
    refusals = [listed(), TYPE, refused(409), listed("d1")]
    with pytest.raises(SegmentApiError, match="exists"):
        ScriptedDriver([*refusals, *refusals]).run(ensure_destination(options, spec=spec, if_exists="reuse"))
