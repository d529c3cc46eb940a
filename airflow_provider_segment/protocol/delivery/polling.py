"""One look of the sensor, as a flow."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.delivery_metrics import metrics_call
from airflow_provider_segment.protocol.api.requests import call_for
from airflow_provider_segment.protocol.delivery.criteria import Watch
from airflow_provider_segment.protocol.delivery.sighting import Found, Question, Sighting
from airflow_provider_segment.protocol.delivery.verdict import Verdict, judge
from airflow_provider_segment.protocol.delivery.window import interval_at
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.steps import Flow, Log, Terms


def look(terms: Terms, *, watch: Watch, now: datetime) -> Flow[Verdict]:
    """Ask for the metrics and decide.

    :param watch: what to watch for.
    :param now: the time of the look, with a zone.
    :raises ValueError: no granularity covers the window any more.
    """
    return judge(watch, (yield from sight(terms, question=watch.question, now=now)))


def sight(terms: Terms, *, question: Question, now: datetime) -> Flow[Sighting]:
    """Ask for the metrics, whatever they will be held against.

    :param question: about what.
    :param now: the time of the look, with a zone.
    :raises ValueError: no granularity covers the window any more.
    """
    interval = interval_at(question.window, now)
    if interval is None:
        return Sighting(now)
    call = metrics_call(question.destination_id, question.source_id, interval)
    metrics = yield from exchange(call, terms)
    return Sighting(now, Found(metrics, interval))


def check_destination(terms: Terms, *, watch: Watch) -> Flow[None]:
    """Make sure, before the first look, that the wait can end at all.

    :param watch: what to watch for.
    :raises ValueError: the destination belongs to another source.
    :raises SegmentNotFoundError: there is no such destination.
    """
    ids = {"destinationId": watch.destination_id}
    call = call_for(_Watched, operations.GET_DESTINATION, key="destination", ids=ids)
    destination = yield from exchange(call, terms)
    if destination["sourceId"] != watch.source_id:
        raise ValueError(
            f"source_id is {watch.source_id!r}, but destination {watch.destination_id} belongs to the source"
            f" {destination['sourceId']!r}"
        )
    for doubt in _doubts(destination):
        yield Log(f"destination {watch.destination_id} {doubt}, so its deliveries may never come", logging.WARNING)


class _WatchedType(TypedDict):
    supportedFeatures: NotRequired[Any]


class _Watched(TypedDict):
    """What of a destination tells whether a wait can end."""

    sourceId: str
    enabled: bool
    metadata: NotRequired[_WatchedType]


def _doubts(destination: _Watched) -> list[str]:
    doubts = [] if destination["enabled"] else ["is disabled"]
    features = destination.get("metadata", {}).get("supportedFeatures")
    # "0" and "NONE" say the same; only cloud-mode destinations have delivery data.
    if isinstance(features, dict) and str(features.get("cloudModeInstances", "")) in {"0", "NONE"}:
        doubts.append("is of a type without cloud mode")
    return doubts
