"""One poll of the delivery metrics, as a flow."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.delivery_metrics import metrics_call
from airflow_provider_segment.protocol.api.requests import build_call
from airflow_provider_segment.protocol.delivery.criteria import FAIL, MetricsQuery, Observation, WaitCriteria
from airflow_provider_segment.protocol.delivery.messages import destination_text
from airflow_provider_segment.protocol.delivery.verdict import Verdict, evaluate
from airflow_provider_segment.protocol.delivery.window import interval_at
from airflow_provider_segment.protocol.errors import SegmentDestinationDisabledError
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log


def poll(options: CallOptions, *, criteria: WaitCriteria, now: datetime) -> Flow[Verdict]:
    """Fetch the metrics and return the verdict on them.

    :param criteria: the criteria of the wait.
    :param now: the current time; timezone-aware.
    :raises ValueError: no granularity covers the window, which has no end.
    """
    return evaluate(criteria, (yield from fetch_observation(options, query=criteria.query, now=now)))


def fetch_observation(options: CallOptions, *, query: MetricsQuery, now: datetime) -> Flow[Observation]:
    """Fetch the metrics of a window at the current time.

    :param query: which metrics to fetch.
    :param now: the current time; timezone-aware.
    :return: the observation, which has no metrics before a poll can give a verdict, or if a closed window is too old.
    :raises ValueError: no granularity covers the window, which has no end.
    """
    if query.not_before is not None and now < query.not_before:
        return Observation(now)
    try:
        interval = interval_at(query.window, now)
    except ValueError as error:
        if query.window.end is None or now < query.window.end:
            raise
        return Observation(now, no_data=str(error))
    if interval is None:
        return Observation(now)
    metrics = yield from exchange(metrics_call(query.destination_id, query.source_id, interval), options)
    return Observation(now, metrics, interval)


def verify_destination(options: CallOptions, *, query: MetricsQuery) -> Flow[str]:
    """Read the destination, and warn if it cannot receive deliveries.

    :param query: the query, with the destination and its source.
    :return: its name; empty if it has none.
    :raises SegmentDestinationDisabledError: it is disabled, with ``if_disabled="fail"``.
    :raises ValueError: the destination belongs to another source.
    :raises SegmentNotFoundError: the destination does not exist.
    """
    ids = {"destinationId": query.destination_id}
    call = build_call(_Destination, operations.GET_DESTINATION, key="destination", ids=ids)
    destination = yield from exchange(call, options)
    if destination["sourceId"] != query.source_id:
        raise ValueError(
            f"source_id is {query.source_id!r}, but destination {query.destination_id} belongs to source"
            f" {destination['sourceId']!r}"
        )
    name = destination.get("name") or ""
    label = destination_text(query.destination_id, name)
    if query.if_disabled == FAIL and not destination["enabled"]:
        raise SegmentDestinationDisabledError(
            f"{label} is disabled, so it gets no deliveries; enable it, or wait all the same with if_disabled='warn'"
        )
    for problem in _delivery_problems(destination):
        yield Log(f"{label} {problem}; it may never get deliveries", logging.WARNING)
    return name


class _Type(TypedDict):
    supportedFeatures: NotRequired[Any]


class _Destination(TypedDict):
    """The fields that show whether a destination can receive deliveries."""

    sourceId: str
    enabled: bool
    name: NotRequired[str | None]
    metadata: NotRequired[_Type]


def _delivery_problems(destination: _Destination) -> list[str]:
    problems = [] if destination["enabled"] else ["is disabled"]
    features = destination.get("metadata", {}).get("supportedFeatures")
    # "0" and "NONE" mean the same; only cloud-mode destinations have delivery data.
    if isinstance(features, dict) and str(features.get("cloudModeInstances", "")) in {"0", "NONE"}:
        problems.append("has a type without cloud mode")
    return problems
