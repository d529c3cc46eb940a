"""Sources and destinations as OpenLineage's datasets, told from what a task was given and what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_segment.templating import is_known

if TYPE_CHECKING:
    from airflow.providers.common.compat.openlineage.facet import Dataset, DatasetFacet, RunFacet
    from airflow.providers.openlineage.extractors import OperatorLineage

    from airflow_provider_segment.protocol.delivery.verdict import Evidence

NAMESPACE = "segment"
"""One for all, as `bigquery` is: Segment's ids are unique. With a name behind it, an asset's URI without its query.

A namespace of the API's host would need the connection, and OpenLineage asks in a fork of the worker, where reading a
connection can break the worker's own line to Airflow.
"""


class DestinationLineage:
    """A task about one destination. OpenLineage calls its methods; nobody else does.

    Before a task runs, and when it fails, they tell what its arguments say.
    """

    #: The destination that the task dealt with, once it has; where its arguments do not say.
    resolved_destination_id: str | None = None
    #: Whether the task makes sure that the source feeds the destination.
    feeds_destination = True

    def destination_facets(self) -> dict[str, DatasetFacet]:
        """Tell what became of the destination; no settings, no secrets."""
        return {}

    def get_openlineage_facets_on_start(self) -> OperatorLineage[Dataset, RunFacet]:
        """Tell what is known before the task runs."""
        return self._lineage()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Dataset, RunFacet]:
        """Tell what is known after the task has run.

        :param task_instance: of the task.
        """
        return self._lineage()

    def _lineage(self) -> OperatorLineage[Dataset, RunFacet]:
        from airflow.providers.openlineage.extractors import OperatorLineage

        source_id = _given(self, "source_id") if self.feeds_destination else None
        destination_id = self.resolved_destination_id or _given(self, "destination_id")
        return OperatorLineage(
            inputs=[dataset("sources", source_id)] if source_id else [],
            outputs=[dataset("destinations", destination_id, self.destination_facets())] if destination_id else [],
        )


class DeliveryLineage(DestinationLineage):
    """A task about the deliveries from a source to a destination."""

    #: What its verdict rests on, once there is one.
    evidence_found: Evidence | None = None

    def destination_facets(self) -> dict[str, DatasetFacet]:
        """Tell what the verdict rests on."""
        if self.evidence_found is None:
            return {}
        from airflow_provider_segment.lineage.facets import delivery_metrics

        return delivery_metrics(self.evidence_found)


def _given(task: object, argument: str) -> str | None:
    value = getattr(task, argument, None)
    return value if isinstance(value, str) and is_known(value) else None


def dataset(kind: str, object_id: str, facets: dict[str, DatasetFacet] | None = None) -> Dataset:
    """Make the dataset of an object of Segment's.

    :param kind: ``sources`` or ``destinations``.
    :param object_id: its id.
    :param facets: what is told of it.
    """
    from airflow.providers.common.compat.openlineage.facet import Dataset

    return Dataset(namespace=NAMESPACE, name=f"{kind}/{object_id}", facets=facets or {})
