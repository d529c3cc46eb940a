"""The workspace and its sources."""

from __future__ import annotations

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.objects import Source, Workspace
from airflow_provider_segment.protocol.api.requests import call_for
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.pagination import walk
from airflow_provider_segment.protocol.flow.steps import Flow, Terms, Walk
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader


def get_workspace(terms: Terms) -> Flow[Workspace]:
    """Get the workspace of the token; the cheapest way to try a connection.

    :return: ``id``, ``name`` and ``slug``.
    """
    return (yield from exchange(call_for(Workspace, operations.GET_WORKSPACE, key="workspace"), terms))


def list_sources(terms: Terms) -> Walk[Source]:
    """List the workspace's sources.

    :return: an iterator that fetches pages as it is consumed.
    """
    return walk(Listing(operations.LIST_SOURCES, {}, page_reader(Source, key="sources")), terms)
