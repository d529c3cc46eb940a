"""One poll of the delivery metrics, as a flow."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, NamedTuple, NotRequired, TypedDict

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics, add_up, metrics_call
from airflow_provider_segment.protocol.api.granularity import Interval
from airflow_provider_segment.protocol.api.requests import build_call
from airflow_provider_segment.protocol.delivery.coverage import coverage_at, is_final
from airflow_provider_segment.protocol.delivery.criteria import FAIL, MetricsQuery, Observation, WaitCriteria
from airflow_provider_segment.protocol.delivery.verdict import Verdict, evaluate
from airflow_provider_segment.protocol.errors import SegmentDestinationDisabledError
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.phrases import destination_label


class FinalPieces:
    """A cache of metrics that can no longer change, so that the next poll need not request them again."""

    def __init__(self) -> None:
        self._metrics: dict[Interval, DeliveryMetrics] = {}

    def get(self, piece: Interval) -> DeliveryMetrics | None:
        """Return the cached metrics for one piece of the window, or ``None`` if none are cached.

        :param piece: a piece of the window.
        """
        return self._metrics.get(piece)

    def keep(self, piece: Interval, metrics: DeliveryMetrics) -> None:
        """Cache the final metrics for one piece of the window.

        :param piece: a piece that is final.
        :param metrics: its metrics.
        """
        self._metrics[piece] = metrics

    def drop_others(self, pieces: tuple[Interval, ...]) -> None:
        """Drop the metrics of all intervals except the current pieces of the window.

        :param pieces: the current pieces of the window.
        """
        if self._metrics:
            self._metrics = {piece: metrics for piece, metrics in self._metrics.items() if piece in pieces}


def poll(
    options: CallOptions, *, criteria: WaitCriteria, now: datetime, final: FinalPieces | None = None
) -> Flow[Verdict]:
    """Fetch the metrics and return the verdict on them.

    :param criteria: the criteria of the wait.
    :param now: the current time; timezone-aware.
    :param final: the final metrics from earlier polls of this wait.
    :raises ValueError: no granularity covers the window, which has no end.
    """
    return evaluate(criteria, (yield from fetch_observation(options, query=criteria.query, now=now, final=final)))


def fetch_observation(
    options: CallOptions, *, query: MetricsQuery, now: datetime, final: FinalPieces | None = None
) -> Flow[Observation]:
    """Fetch the current metrics of a window.

    :param query: which metrics to fetch.
    :param now: the current time; timezone-aware.
    :param final: the final metrics from earlier polls of this query.
    :return: an observation; without metrics before a poll can decide, and for a closed window that is too old.
    :raises ValueError: no granularity covers the window, which has no end.
    """
    if query.not_before is not None and now < query.not_before:
        return Observation(now)
    try:
        coverage = coverage_at(query.window, now)
    except ValueError as error:
        if query.window.end is None or now < query.window.end:
            raise
        return Observation(now, no_data=str(error))
    if coverage is None:
        return Observation(now)
    metrics = yield from _fetch_pieces(options, query, coverage.pieces, now, final or FinalPieces())
    return Observation(now, metrics, coverage.interval, len(coverage.pieces))


def _fetch_pieces(
    options: CallOptions, query: MetricsQuery, pieces: tuple[Interval, ...], now: datetime, final: FinalPieces
) -> Flow[DeliveryMetrics]:
    """Fetch the metrics of each piece of a window, reusing those known to be final, and add them up."""
    found = []
    for piece in pieces:
        metrics = final.get(piece)
        if metrics is None:
            metrics = yield from exchange(metrics_call(query.destination_id, query.source_id, piece), options)
            if len(pieces) > 1 and is_final(piece, now):
                final.keep(piece, metrics)
        found.append(metrics)
    final.drop_others(pieces)
    return add_up(found)


class VerifiedDestination(NamedTuple):
    """A destination's source and name, and any known reason why it may never get deliveries.

    :param source_id: its source.
    :param name: its name; empty if it has none.
    :param problem: why it may never get deliveries; empty if no reason is known, or it was not checked.
    """

    source_id: str
    name: str
    problem: str = ""


def verify_destination(
    options: CallOptions, *, query: MetricsQuery, source: str | None = None, check: bool = True
) -> Flow[VerifiedDestination]:
    """Read the destination, and check whether it can receive deliveries.

    :param query: the query, with the destination and, if it is known, its source.
    :param source: the ``source`` argument, if it selected the source.
    :param check: whether to warn, or fail with ``if_disabled="fail"``, if it cannot receive deliveries.
    :return: its source, its name and any problem found.
    :raises SegmentDestinationDisabledError: it is disabled, with ``if_disabled="fail"``.
    :raises ValueError: the destination belongs to another source.
    :raises SegmentNotFoundError: the destination does not exist.
    """
    ids = {"destinationId": query.destination_id}
    call = build_call(_Destination, operations.GET_DESTINATION, key="destination", ids=ids)
    destination = yield from exchange(call, options)
    if query.source_id not in ("", destination["sourceId"]):
        raise ValueError(
            f"{_source_argument(source, query.source_id)}, but destination {query.destination_id} belongs to source"
            f" {destination['sourceId']!r}"
        )
    problems = _delivery_problems(destination) if check else []
    verified = VerifiedDestination(destination["sourceId"], destination.get("name") or "", " and ".join(problems))
    label = destination_label(query.destination_id, verified.name)
    if check and query.if_disabled == FAIL and not destination["enabled"]:
        raise SegmentDestinationDisabledError(
            f"{label} is disabled, so it gets no deliveries; enable it, or pass if_disabled='warn' to wait anyway"
        )
    for problem in problems:
        yield Log(f"{label} is {problem}; it may never get deliveries", logging.WARNING)
    return verified


def _source_argument(source: str | None, source_id: str) -> str:
    if source is None:
        return f"source_id is {source_id!r}"
    return f"source is {source!r}" if source == source_id else f"source is {source!r} ({source_id})"


class _Type(TypedDict):
    supportedFeatures: NotRequired[Any]


class _Destination(TypedDict):
    """The fields of a destination that are needed to check that it can receive deliveries."""

    sourceId: str
    enabled: bool
    name: NotRequired[str | None]
    metadata: NotRequired[_Type]


def _delivery_problems(destination: _Destination) -> list[str]:
    problems = [] if destination["enabled"] else ["disabled"]
    features = destination.get("metadata", {}).get("supportedFeatures")
    # "0" and "NONE" mean the same; only cloud-mode destinations have delivery data.
    if isinstance(features, dict) and str(features.get("cloudModeInstances", "")) in {"0", "NONE"}:
        problems.append("of a type without cloud mode")
    return problems
