"""Sources and destinations as OpenLineage datasets, derived from a task's arguments and result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_segment.templating import is_literal

if TYPE_CHECKING:
    from airflow.providers.common.compat.openlineage.facet import Dataset, DatasetFacet, RunFacet
    from airflow.providers.openlineage.extractors import OperatorLineage

    from airflow_provider_segment.protocol.delivery.verdict import Evidence

NAMESPACE = "segment"
"""One namespace for all workspaces, like `bigquery`, since Segment's ids are unique.

Together with a dataset's name, it forms the URI of an asset without its query. Using the API's host would require
reading the connection. OpenLineage calls us in a fork of the worker, where that can break the worker's own link to
Airflow.
"""


class DestinationLineage:
    """A mixin for tasks that act on one destination; OpenLineage calls its methods.

    Before a task runs, and if it fails, its methods report only what the arguments contain.
    """

    #: Id of the destination that the task created, changed or deleted, if it is not one of the arguments.
    resolved_destination_id: str | None = None
    #: Id of its source, if it is not among its arguments.
    resolved_source_id: str | None = None
    #: Whether the source feeds the destination after the task has run.
    feeds_destination = True

    def destination_facets(self) -> dict[str, DatasetFacet]:
        """Return facets of the destination, without settings or secrets."""
        return {}

    def get_openlineage_facets_on_start(self) -> OperatorLineage[Dataset, RunFacet]:
        """Return the datasets known before the task runs."""
        return self._lineage()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Dataset, RunFacet]:
        """Return the datasets known after the task has run.

        :param task_instance: the task instance.
        """
        return self._lineage()

    def _lineage(self) -> OperatorLineage[Dataset, RunFacet]:
        from airflow.providers.openlineage.extractors import OperatorLineage

        source_id = self.resolved_source_id or _known_id(self, "source_id")
        destination_id = self.resolved_destination_id or _known_id(self, "destination_id")
        return OperatorLineage(
            inputs=[dataset("sources", source_id)] if source_id and self.feeds_destination else [],
            outputs=[dataset("destinations", destination_id, self.destination_facets())] if destination_id else [],
        )


class DeliveryLineage(DestinationLineage):
    """A mixin for tasks that check the deliveries from a source to a destination."""

    #: The evidence for the verdict, once there is one.
    evidence: Evidence | None = None

    def destination_facets(self) -> dict[str, DatasetFacet]:
        """Return the data behind the verdict as an OpenLineage facet; empty until there is a verdict."""
        if self.evidence is None:
            return {}
        from airflow_provider_segment.lineage.facets import delivery_metrics

        return delivery_metrics(self.evidence)


def _known_id(task: object, argument: str) -> str | None:
    value = getattr(task, argument, None)
    return value if isinstance(value, str) and is_literal(value) else None


def dataset(kind: str, object_id: str, facets: dict[str, DatasetFacet] | None = None) -> Dataset:
    """Return the OpenLineage dataset for a source or destination.

    :param kind: ``sources`` or ``destinations``.
    :param object_id: its id.
    :param facets: facets of the dataset.
    """
    from airflow.providers.common.compat.openlineage.facet import Dataset

    return Dataset(namespace=NAMESPACE, name=f"{kind}/{object_id}", facets=facets or {})


def removed_facets() -> dict[str, DatasetFacet]:
    """Return the facet that marks a dataset as dropped."""
    from airflow.providers.common.compat.openlineage.facet import (
        LifecycleStateChange,
        LifecycleStateChangeDatasetFacet,
    )

    return {"lifecycleStateChange": LifecycleStateChangeDatasetFacet(lifecycleStateChange=LifecycleStateChange.DROP)}
