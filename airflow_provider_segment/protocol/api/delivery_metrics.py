"""How deliveries to a destination went. A beta operation. https://docs.segmentapis.com/tag/Destinations"""

from __future__ import annotations

from datetime import datetime

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.requests import value_reader
from airflow_provider_segment.protocol.arguments import check_id
from airflow_provider_segment.protocol.delivery.metrics import DeliveryMetrics, MetricsSummary, flatten
from airflow_provider_segment.protocol.delivery.window import Interval, check_granularity, check_time, utc_text
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.steps import Flow, Terms
from airflow_provider_segment.protocol.wire.operation import Call


def get_delivery_metrics(
    terms: Terms,
    *,
    destination_id: str,
    source_id: str,
    start_time: datetime | str,
    end_time: datetime | str,
    granularity: str,
) -> Flow[DeliveryMetrics]:
    """Get one summary of the deliveries in a stretch of time. Data lags by some 30 seconds.

    :param destination_id: of this destination; only cloud-mode destinations have delivery data.
    :param source_id: the destination's source.
    :param start_time: inclusive, a datetime or ISO 8601; without a zone, UTC.
    :param end_time: exclusive.
    :param granularity: ``MINUTE`` (up to 4 hours, not older than 48), ``HOUR`` (7 days) or ``DAY`` (14 days).
    :return: counts of events and times (in a unit Segment does not state), raw and derived, in one flat dict.
    """
    interval = Interval(
        check_time("start_time", start_time),
        check_time("end_time", end_time),
        check_granularity("granularity", granularity),
    )
    call = metrics_call(check_id("destination_id", destination_id), check_id("source_id", source_id), interval)
    return (yield from exchange(call, terms))


def metrics_call(destination_id: str, source_id: str, interval: Interval) -> Call[DeliveryMetrics]:
    """The call for the metrics of a stretch of time; all arguments are checked already.

    :param destination_id: of this destination.
    :param source_id: the destination's source.
    :param interval: the stretch of time.
    """
    query = (
        ("sourceId", source_id),
        ("startTime", utc_text(interval.start)),
        ("endTime", utc_text(interval.end)),
        ("granularity", interval.granularity),
    )
    request = operations.GET_DELIVERY_METRICS.request(ids={"destinationId": destination_id}, query=query)
    return Call(operations.GET_DELIVERY_METRICS, request, _read_metrics)


def _read_metrics(body: bytes) -> DeliveryMetrics:
    return flatten(_read_summary(body))


_read_summary = value_reader(MetricsSummary, key="deliveryMetricsSummary")
