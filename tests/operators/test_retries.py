"""Which errors an operator does not retry."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.exceptions import (
    SegmentAlreadyExistsError,
    SegmentAuthError,
    SegmentError,
    SegmentFilterCheckError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentPruneLimitError,
    SegmentServerError,
)
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.subscription import SegmentCreateSubscriptionOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.operators.applying import TRACK, apply
from tests.running import Running


def create(**changes: Any) -> SegmentCreateDestinationOperator:
    arguments = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "mine", "settings": {}}
    return SegmentCreateDestinationOperator(task_id="create", **arguments | changes)


def fail(task: Any, **context: Any) -> Exception:
    """Run a task as a worker does, and return the exception it ends with."""
    merged: Any = {"params": {}, **context}
    task.render_template_fields(merged)
    with pytest.raises((AirflowFailException, SegmentError, ValueError)) as caught:
        task.execute(merged)
    return caught.value


def mistaken_action(sandbox: SegmentSandbox) -> Any:
    sandbox.seed(
        {"destinations": [{"id": "d", "sourceId": "sandbox-web", "metadataId": "sandbox-analytics", "name": "n"}]}
    )
    return SegmentCreateSubscriptionOperator(
        task_id="t", destination_id="d", action_id="no-such", name="n", trigger="all"
    )


def surplus(sandbox: SegmentSandbox) -> Any:
    Running().run(apply())
    return apply(subscriptions=[TRACK], prune_subscriptions=True, max_prune=0)


def second(_: SegmentSandbox) -> Any:
    """Return a task that describes a second destination of a type that allows one."""
    classic = {"metadata_id": "sandbox-classic", "settings": {"trackingId": "x"}}
    Running().run(create(**classic))
    return create(**classic, name="second")


CHECK = {"payload": {"type": "track"}, "result": None}
UNCHECKED = {"title": "t", "condition": "type = 'identify'", "actions": [{"type": "DROP"}], "checks": [CHECK]}


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda _: create(name="{{ params.get('name', '') }}"), ValueError),
        (lambda _: create(metadata_id="no-such-type"), ValueError),
        (lambda _: create(source_id="no-such-source"), SegmentNotFoundError),
        (lambda _: apply(source_id="no-such-source"), SegmentNotFoundError),
        (mistaken_action, ValueError),
        (surplus, SegmentPruneLimitError),
        (second, SegmentAlreadyExistsError),
        (lambda _: apply(filters=[UNCHECKED]), SegmentFilterCheckError),
    ],
    ids=[
        "argument",
        "type",
        "source of a create",
        "source of an apply",
        "action",
        "prune limit",
        "single instance",
        "filter check",
    ],
)
def test_an_error_that_a_retry_cannot_mend_fails_the_task(
    segment_sandbox: SegmentSandbox, make: Any, cause: type[Exception]
) -> None:
    failure = fail(make(segment_sandbox))

    assert isinstance(failure, AirflowFailException)
    assert isinstance(failure.__cause__, cause)
    assert str(failure) == str(failure.__cause__) != ""


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_rejected_request_fails_the_task(segment_sandbox: SegmentSandbox, status: int) -> None:
    segment_sandbox.fault("status", status=status, method="POST")

    failure = fail(create())

    assert isinstance(failure, AirflowFailException)
    assert isinstance(failure.__cause__, SegmentInvalidRequestError)


@pytest.mark.parametrize(
    ("status", "error"), [(401, SegmentAuthError), (403, SegmentAuthError), (500, SegmentServerError)]
)
def test_an_error_that_may_go_away_uses_the_retries(
    segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch, status: int, error: type[Exception]
) -> None:
    uri = f"{segment_sandbox.conn_uri}/?retry_budget=0"
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT", uri)
    segment_sandbox.fault("status", status=status, times=9)

    assert type(fail(create())) is error


def test_an_object_that_is_not_found_by_its_identity_uses_the_retries(segment_sandbox: SegmentSandbox) -> None:
    update = SegmentUpdateDestinationOperator(
        task_id="t", source_id="sandbox-web", metadata_id="sandbox-analytics", name="mine", enabled=False
    )

    assert type(fail(update)) is SegmentNotFoundError
    gone = SegmentUpdateDestinationOperator(task_id="t", destination_id="gone", enabled=False)
    assert type(fail(gone)) is SegmentNotFoundError
