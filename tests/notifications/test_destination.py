"""The notifiers against the sandbox, called the way Airflow calls them for tasks and DAGs."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import Any

import pytest

from airflow_provider_segment.exceptions import SegmentAuthError
from airflow_provider_segment.notifications.destination import (
    SegmentDisableDestinationNotifier,
    SegmentEnableDestinationNotifier,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.notifications.conftest import BY_SLUG, IDENTITY, Logged, enabled

SELECTIONS = [{"destination_id": "feed"}, IDENTITY, BY_SLUG]


def call(notifier: Any, **context: Any) -> None:
    notifier({"dag": None, "params": {}, **context})


@pytest.mark.parametrize("selection", SELECTIONS)
def test_it_disables_then_enables_one_destination(feed: SegmentSandbox, selection: dict[str, Any]) -> None:
    call(SegmentDisableDestinationNotifier(**selection))
    assert enabled(feed) == {"feed": False, "other": True}
    call(SegmentEnableDestinationNotifier(**selection))
    assert enabled(feed) == {"feed": True, "other": True}
    assert feed.destinations[0]["name"] == "Feed"


def test_a_shared_notifier_is_rendered_for_each_task(feed: SegmentSandbox) -> None:
    shared = SegmentDisableDestinationNotifier(destination_id="{{ params.id }}", segment_conn_id="{{ params.conn }}")
    for destination_id in ("feed", "other"):
        call(shared, params={"id": destination_id, "conn": "segment_public_api_default"})
    assert enabled(feed) == {"feed": False, "other": False}
    assert shared.destination_id == "{{ params.id }}"


def test_an_identity_may_be_templated(feed: SegmentSandbox) -> None:
    call(SegmentDisableDestinationNotifier(**IDENTITY | {"name": "{{ params.name }}"}), params={"name": "Other"})
    assert enabled(feed) == {"feed": True, "other": False}


def test_an_update_with_a_lost_response_is_repeated(feed: SegmentSandbox) -> None:
    feed.fault("drop_after", method="PATCH")
    call(SegmentDisableDestinationNotifier(destination_id="feed"))
    assert enabled(feed)["feed"] is False


@pytest.mark.parametrize(
    ("notifier", "consequence"),
    [
        (SegmentDisableDestinationNotifier, "Could not disable the destination, so it may still receive events"),
        (SegmentEnableDestinationNotifier, "Could not enable the destination, so it may receive no events"),
    ],
)
def test_a_failure_logs_its_consequence_and_no_secret(
    feed: SegmentSandbox, notifier: type[Any], consequence: str, logged: Logged
) -> None:
    feed.fault("status", status=403, method="PATCH")
    with suppress(SegmentAuthError):  # Airflow 3 raises the error it has logged, 2.11 does not
        call(notifier(destination_id="feed"))
    log = logged()
    assert f"{consequence}: PATCH /destinations/feed returned 403" in log
    assert feed.token not in log


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "missing: source, destination_type, name"),
        ({"source_id": "s", "name": "n"}, "missing: destination_type"),
        ({"destination_id": "d", **IDENTITY}, "destination_id can't be combined with source_id, metadata_id, name"),
        ({"destination_id": "d", "name": "{{ n }}"}, "destination_id can't be combined with name"),
        ({"destination_id": ""}, "destination_id is empty"),
        ({"destination_id": 5}, "destination_id is 5"),
        ({**IDENTITY, "name": " "}, "name is empty"),
        ({"destination_id": "d", "segment_conn_id": ""}, "segment_conn_id is empty"),
    ],
)
def test_invalid_arguments_raise_when_the_dag_is_parsed(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SegmentDisableDestinationNotifier(**arguments)


def test_a_template_that_can_not_be_rendered_logs_its_consequence(feed: SegmentSandbox, logged: Logged) -> None:
    with pytest.raises(ZeroDivisionError):
        call(SegmentDisableDestinationNotifier(destination_id="{{ 1 / 0 }}"))
    assert "Could not disable the destination, so it may still receive events: division by zero" in logged()
    assert feed.requests == []


def test_an_invalid_rendered_value_raises_before_any_request(feed: SegmentSandbox, logged: Logged) -> None:
    notifier = SegmentDisableDestinationNotifier(destination_id="{{ params.id }}")
    with suppress(ValueError):
        call(notifier, params={"id": " "})
    assert "destination_id is empty" in logged()
    assert feed.requests == []


def test_arguments_are_keyword_only_and_unknown_ones_raise() -> None:
    kinds = {parameter.kind for parameter in inspect.signature(SegmentDisableDestinationNotifier).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}
    with pytest.raises(TypeError, match="destinaton_id"):
        SegmentDisableDestinationNotifier(destination_id="d", destinaton_id="d")
