"""The notifiers against the sandbox, called as Airflow calls them for tasks and DAGs."""

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
from tests.notifications.conftest import IDENTITY, Logged, enabled

POINTING = [{"destination_id": "feed"}, IDENTITY]


def call(notifier: Any, **context: Any) -> None:
    notifier({"dag": None, "params": {}, **context})


@pytest.mark.parametrize("pointing", POINTING)
def test_it_disables_then_enables_one_destination(feed: SegmentSandbox, pointing: dict[str, Any]) -> None:
    call(SegmentDisableDestinationNotifier(**pointing))
    assert enabled(feed) == {"feed": False, "other": True}
    call(SegmentEnableDestinationNotifier(**pointing))
    assert enabled(feed) == {"feed": True, "other": True}
    assert feed.destinations[0]["name"] == "Feed"


def test_it_is_rendered_anew_for_each_task_that_shares_it(feed: SegmentSandbox) -> None:
    shared = SegmentDisableDestinationNotifier(destination_id="{{ params.id }}", segment_conn_id="{{ params.conn }}")
    for destination_id in ("feed", "other"):
        call(shared, params={"id": destination_id, "conn": "segment_public_api_default"})
    assert enabled(feed) == {"feed": False, "other": False}
    assert shared.destination_id == "{{ params.id }}"


def test_an_identity_may_be_rendered(feed: SegmentSandbox) -> None:
    call(SegmentDisableDestinationNotifier(**IDENTITY | {"name": "{{ params.name }}"}), params={"name": "Other"})
    assert enabled(feed) == {"feed": True, "other": False}


def test_a_lost_answer_is_asked_for_again(feed: SegmentSandbox) -> None:
    feed.fault("drop_after", method="PATCH")
    call(SegmentDisableDestinationNotifier(destination_id="feed"))
    assert enabled(feed)["feed"] is False


@pytest.mark.parametrize(
    ("notifier", "means"),
    [
        (SegmentDisableDestinationNotifier, "Could not disable the destination, so it may still receive events"),
        (SegmentEnableDestinationNotifier, "Could not enable the destination, so it may receive no events"),
    ],
)
def test_a_failure_says_what_it_means_and_no_secret(
    feed: SegmentSandbox, notifier: type[Any], means: str, logged: Logged
) -> None:
    feed.fault("status", status=403, method="PATCH")
    with suppress(SegmentAuthError):  # Airflow 3 raises what it has logged, 2.11 does not
        call(notifier(destination_id="feed"))
    told = logged()
    assert f"{means}: PATCH /destinations/feed returned 403" in told
    assert feed.token not in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "missing: source_id, metadata_id, name"),
        ({"source_id": "s", "name": "n"}, "missing: metadata_id"),
        ({"destination_id": "d", **IDENTITY}, "destination_id was given together with source_id, metadata_id, name"),
        ({"destination_id": "d", "name": "{{ n }}"}, "destination_id was given together with name"),
        ({"destination_id": ""}, "destination_id is empty"),
        ({"destination_id": 5}, "destination_id is 5"),
        ({**IDENTITY, "name": " "}, "name is empty"),
        ({"destination_id": "d", "segment_conn_id": ""}, "segment_conn_id is empty"),
    ],
)
def test_bad_arguments_are_refused_when_the_dag_is_parsed(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SegmentDisableDestinationNotifier(**arguments)


def test_a_template_that_cannot_be_rendered_says_what_it_means(feed: SegmentSandbox, logged: Logged) -> None:
    with pytest.raises(ZeroDivisionError):
        call(SegmentDisableDestinationNotifier(destination_id="{{ 1 / 0 }}"))
    assert "Could not disable the destination, so it may still receive events: division by zero" in logged()
    assert feed.requests == []


def test_a_bad_rendered_value_is_refused_before_any_request(feed: SegmentSandbox, logged: Logged) -> None:
    notifier = SegmentDisableDestinationNotifier(destination_id="{{ params.id }}")
    with suppress(ValueError):
        call(notifier, params={"id": " "})
    assert "destination_id is empty" in logged()
    assert feed.requests == []


def test_arguments_are_keyword_only_and_none_is_misspelled() -> None:
    kinds = {parameter.kind for parameter in inspect.signature(SegmentDisableDestinationNotifier).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}
    with pytest.raises(TypeError, match="destinaton_id"):
        SegmentDisableDestinationNotifier(destination_id="d", destinaton_id="d")
