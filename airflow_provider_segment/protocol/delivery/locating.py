"""Locating the destination of a wait, and its source."""

from __future__ import annotations

from typing import NamedTuple

from airflow_provider_segment.protocol.delivery.criteria import MetricsQuery
from airflow_provider_segment.protocol.delivery.polling import verify_destination
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.destination import locate_destination
from airflow_provider_segment.protocol.provisioning.references import ResolvedIds


class LocatedDestination(NamedTuple):
    """A query with the ids of the destination and its source, plus the destination's name and any known problem.

    :param query: the query.
    :param name: its name; empty if it is not known.
    :param problem: why it may never get deliveries; empty if no reason is known, or it was not checked.
    """

    query: MetricsQuery
    name: str
    problem: str


def locate(options: CallOptions, *, query: MetricsQuery, ids: ResolvedIds, check: bool) -> Flow[LocatedDestination]:
    """Return the query with the ids of the destination and its source, and the destination's name and problem if known.

    :param query: the query, with the ids or the selection of the destination.
    :param ids: the known ids of its source and type; both are added.
    :param check: whether to read the destination, and check that it can receive deliveries. Otherwise it is read only
        if its source is not known otherwise.
    :return: the query, the name and the problem of the destination.
    :raises ValueError: the source or the type is unknown or ambiguous, or the destination belongs to another source.
    :raises SegmentDestinationDisabledError: the destination is disabled, with ``if_disabled="fail"``.
    :raises SegmentNotFoundError: the destination does not exist.
    :raises SegmentSeveralMatchesError: several destinations have the identity.
    """
    name, problem, source = "", "", None
    if query.selection is not None:
        name, source = query.selection.name or "", query.selection.source
        destination_id = yield from locate_destination(options, selection=query.selection, ids=ids)
        query = query.located(destination_id, ids.source_id)
    if check or not query.source_id:
        verified = yield from verify_destination(options, query=query, source=source, check=check)
        query, name = query.located(query.destination_id, verified.source_id), verified.name
        problem = verified.problem
    return LocatedDestination(query, name, problem)
