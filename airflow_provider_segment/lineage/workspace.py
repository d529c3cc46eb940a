"""The datasets of a task that acts on many destinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_segment.lineage.datasets import DestinationLineage, dataset, removed_facets

if TYPE_CHECKING:
    from airflow.providers.common.compat.openlineage.facet import Dataset, RunFacet
    from airflow.providers.openlineage.extractors import OperatorLineage


class Feed(NamedTuple):
    """A source and a destination that it feeds.

    :param source_id: id of the source.
    :param destination_id: id of the destination.
    :param removed: whether the task removed the destination.
    """

    source_id: str
    destination_id: str
    removed: bool = False


class WorkspaceLineage(DestinationLineage):
    """A mixin for tasks that act on many destinations."""

    #: The destinations that exist after the task has run, and those that it removed.
    feeds: Sequence[Feed] = ()

    def _lineage(self) -> OperatorLineage[Dataset, RunFacet]:
        from airflow.providers.openlineage.extractors import OperatorLineage

        sources = dict.fromkeys(one.source_id for one in self.feeds if not one.removed)
        return OperatorLineage(
            inputs=[dataset("sources", source_id) for source_id in sources],
            outputs=[
                dataset("destinations", one.destination_id, removed_facets() if one.removed else {})
                for one in self.feeds
            ],
        )
