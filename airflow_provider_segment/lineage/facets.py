"""Facets of our own. Imported only where OpenLineage asks, since it brings their base class."""

from __future__ import annotations

from airflow.providers.common.compat.openlineage.facet import DatasetFacet
from attrs import define

from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics
from airflow_provider_segment.protocol.delivery.verdict import Evidence


@define
class SegmentDeliveryMetricsDatasetFacet(DatasetFacet):
    """What the last look of the sensor found, as in its return value.

    :param metrics: counts of events, rates and times.
    :param conditions: whether each held.
    :param startTime: of the stretch of time they count in.
    :param endTime: its end.
    :param granularity: it was asked with.
    """

    metrics: DeliveryMetrics
    conditions: dict[str, bool]
    startTime: str  # noqa: N815 - as OpenLineage spells
    endTime: str  # noqa: N815
    granularity: str


def delivery_metrics(evidence: Evidence) -> dict[str, DatasetFacet]:
    """Make the facet, by its name in an event.

    :param evidence: of the last look.
    """
    facet = SegmentDeliveryMetricsDatasetFacet(
        metrics=evidence["metrics"],
        conditions=evidence["conditions"],
        startTime=evidence["start_time"],
        endTime=evidence["end_time"],
        granularity=evidence["granularity"],
    )
    return {"segment_deliveryMetrics": facet}
