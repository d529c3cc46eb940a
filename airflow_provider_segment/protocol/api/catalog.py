"""The catalog of destination types. https://docs.segmentapis.com/tag/Catalog"""

from __future__ import annotations

from typing import cast

from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.api.objects import CatalogEntry, ListedCatalogEntry
from airflow_provider_segment.protocol.api.requests import build_call
from airflow_provider_segment.protocol.arguments import check_id
from airflow_provider_segment.protocol.flow.exchange import exchange
from airflow_provider_segment.protocol.flow.pagination import paginate
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, PagedFlow
from airflow_provider_segment.protocol.wire.pagination import Listing, page_reader


def catalog_listing(*, with_options: bool = False) -> Listing[CatalogEntry]:
    """Return the paginated operation that lists the catalog.

    :param with_options: decode the options of each type and the fields of its actions, which are most of an entry.
    """
    record = CatalogEntry if with_options else cast("type[CatalogEntry]", ListedCatalogEntry)
    return Listing(operations.GET_DESTINATIONS_CATALOG, {}, page_reader(record, key="destinationsCatalog"))


def list_destinations_catalog(options: CallOptions) -> PagedFlow[CatalogEntry]:
    """List the destination types of the catalog, without their options and the fields of their actions.

    :return: an iterator that fetches pages as it is consumed.
    """
    return paginate(catalog_listing(), options)


def get_destination_metadata(options: CallOptions, *, metadata_id: str) -> Flow[CatalogEntry]:
    """Get one destination type with its options and actions.

    :param metadata_id: its catalog id.
    """
    ids = {"destinationMetadataId": check_id("metadata_id", metadata_id)}
    call = build_call(CatalogEntry, operations.GET_DESTINATION_METADATA, key="destinationMetadata", ids=ids)
    return (yield from exchange(call, options))
