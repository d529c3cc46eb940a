"""The workspace and its sources."""

from __future__ import annotations

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.objects import Source, Workspace
from airflow_provider_segment.protocol.api.requests import build_call
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.pagination import paginate
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, PagedFlow
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader


def get_workspace(options: CallOptions) -> Flow[Workspace]:
    """Get the workspace that the token belongs to; this is the cheapest way to test a connection.

    :return: ``id``, ``name`` and ``slug``.
    """
    return (yield from exchange(build_call(Workspace, operations.GET_WORKSPACE, key="workspace"), options))


def sources_listing() -> Listing[Source]:
    """Return the paginated operation that lists the workspace's sources."""
    return Listing(operations.LIST_SOURCES, {}, page_reader(Source, key="sources"))


def list_sources(options: CallOptions) -> PagedFlow[Source]:
    """List the workspace's sources.

    :return: an iterator that fetches pages as it is consumed.
    """
    return paginate(sources_listing(), options)
