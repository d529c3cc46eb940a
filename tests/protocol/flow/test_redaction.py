"""Segment's own words may quote what it refuses; settings are blotted out of them."""

from __future__ import annotations

import json

import pytest

from airflow_provider_segment.protocol.api.destinations import create_destination, update_destination
from airflow_provider_segment.protocol.api.subscriptions import update_subscription
from airflow_provider_segment.protocol.errors import SegmentInvalidRequestError
from airflow_provider_segment.protocol.flow.redaction import hide_settings
from airflow_provider_segment.protocol.flow.steps import Flow, Terms
from airflow_provider_segment.protocol.wire.message import Answer

SECRET = "hunter2-hunter2"
TERMS = Terms(connection="connection 'seg' to host")
SETTINGS = {"apiKey": SECRET, "nested": {"list": ["short", f"{SECRET}-longer"]}, "tiny": "us"}


@pytest.mark.parametrize(
    "flow",
    [
        create_destination(TERMS, source_id="s", metadata_id="m", name="n", settings=SETTINGS),
        update_destination(TERMS, id="d", settings=SETTINGS),
        update_subscription(TERMS, destination_id="d", id="s", settings=SETTINGS),
    ],
    ids=["create", "update", "subscription"],
)
def test_a_refusal_that_quotes_settings(flow: Flow[object]) -> None:
    next(flow)
    quoting = {"type": "x", "message": f"{SECRET} and {SECRET}-longer are\n no keys in us", "field": "settings"}
    refusal = Answer(status=422, body=json.dumps({"errors": [quoting]}).encode())
    with pytest.raises(SegmentInvalidRequestError) as caught:
        flow.send(refusal)
    assert str(caught.value).endswith("answered 422: *** and *** are no keys in us (field: settings)")


def test_very_long_words_are_cut() -> None:
    flow = update_destination(TERMS, id="d", enabled=True)
    next(flow)
    with pytest.raises(SegmentInvalidRequestError) as caught:
        flow.send(Answer(status=422, body=json.dumps({"errors": [{"message": "x" * 5000}]}).encode()))
    assert 900 < len(str(caught.value)) < 1200


def test_without_a_body_nothing_is_hidden() -> None:
    assert hide_settings("as it is", None) == "as it is"
