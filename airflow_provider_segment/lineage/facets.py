"""Custom OpenLineage facets, imported only when OpenLineage is in use, because it provides the base class."""

from __future__ import annotations

from airflow.providers.common.compat.openlineage.facet import DatasetFacet
from attrs import define

from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics
from airflow_provider_segment.protocol.delivery.verdict import Evidence


@define
class SegmentDeliveryMetricsDatasetFacet(DatasetFacet):
    """The result of the sensor's last poll, with the same data as the sensor's return value.

    :param metrics: counts of events, rates and times.
    :param conditions: whether each condition held.
    :param startTime: start of the window in which events were counted.
    :param endTime: end of that window.
    :param granularity: granularity of the query.
    """

    metrics: DeliveryMetrics
    conditions: dict[str, bool]
    startTime: str  # noqa: N815 - as OpenLineage names its keys
    endTime: str  # noqa: N815
    granularity: str


def delivery_metrics(evidence: Evidence) -> dict[str, DatasetFacet]:
    """Return the facet, keyed by its name in OpenLineage events.

    :param evidence: the evidence of the last poll.
    """
    facet = SegmentDeliveryMetricsDatasetFacet(
        metrics=evidence["metrics"],
        conditions=evidence["conditions"],
        startTime=evidence["start_time"],
        endTime=evidence["end_time"],
        granularity=evidence["granularity"],
    )
    return {"segment_deliveryMetrics": facet}
