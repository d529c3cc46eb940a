"""Finding the destination of a wait, and its source."""

from __future__ import annotations

from airflow_provider_segment.protocol.delivery.criteria import MetricsQuery
from airflow_provider_segment.protocol.delivery.polling import verify_destination
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.destination import locate_destination
from airflow_provider_segment.protocol.provisioning.references import ResolvedIds


def locate(options: CallOptions, *, query: MetricsQuery, ids: ResolvedIds, check: bool) -> Flow[MetricsQuery]:
    """Return a query with the ids of the destination and its source.

    :param query: with the ids, or with what selects the destination.
    :param ids: what has been found of its source and type, to which both are added.
    :param check: whether to read the destination, and warn when it cannot receive deliveries. Otherwise it is read only
        if nothing else says which source it has.
    :raises ValueError: the source or the type is unknown or ambiguous, or the destination belongs to another source.
    :raises SegmentNotFoundError: the destination does not exist.
    :raises SegmentSeveralMatchesError: several destinations have the identity.
    """
    if query.selection is not None:
        destination_id = yield from locate_destination(options, selection=query.selection, ids=ids)
        query = query.located(destination_id, ids.source_id)
    if check or not query.source_id:
        query = query.located(query.destination_id, (yield from verify_destination(options, query=query, warn=check)))
    return query
