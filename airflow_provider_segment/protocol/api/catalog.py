"""The catalog of destination types. https://docs.segmentapis.com/tag/Catalog"""

from __future__ import annotations

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.objects import CatalogEntry
from airflow_provider_segment.protocol.api.requests import build_call
from airflow_provider_segment.protocol.arguments import check_id
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.pagination import paginate
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, PagedFlow
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader


def list_destinations_catalog(options: CallOptions) -> PagedFlow[CatalogEntry]:
    """List the destination types of the catalog.

    :return: an iterator that fetches pages as it is consumed.
    """
    read = page_reader(CatalogEntry, key="destinationsCatalog")
    return paginate(Listing(operations.GET_DESTINATIONS_CATALOG, {}, read), options)


def get_destination_metadata(options: CallOptions, *, metadata_id: str) -> Flow[CatalogEntry]:
    """Get a destination type with its actions.

    :param metadata_id: its catalog id.
    """
    ids = {"destinationMetadataId": check_id("metadata_id", metadata_id)}
    call = build_call(CatalogEntry, operations.GET_DESTINATION_METADATA, key="destinationMetadata", ids=ids)
    return (yield from exchange(call, options))
