"""The operations of the API: routes, stability stages, handlers and rate limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_segment.sandbox.api import (
    delivery_metrics,
    destinations,
    filters,
    schemas,
    subscriptions,
    workspace,
)
from airflow_provider_segment.sandbox.api.media_types import Stage
from airflow_provider_segment.sandbox.api.operation_request import OperationRequest
from airflow_provider_segment.sandbox.api.schemas import Schema
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.validation import Field

Handler = Callable[[Sandbox, OperationRequest], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the API.

    :param name: Segment's operationId.
    :param method: HTTP method.
    :param path: route, with parameters in braces.
    :param stage: the stability stage that Segment documents for it.
    :param handler: processes a request and returns the response's ``data``.
    :param data: JSON Schemas of the fields of the response's ``data``.
    :param query: fields of the query, besides pagination.
    :param body: fields of the body; None if it has none.
    :param paginated: whether it returns pages.
    :param limited: whether it has its own rate limit.
    """

    name: str
    method: str
    path: str
    stage: Stage
    handler: Handler
    data: Mapping[str, Schema]
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] | None = None
    paginated: bool = False
    limited: bool = False


def _operation(
    name: str, request: str, handler: Handler, data: Mapping[str, Schema], *, stage: Stage = "v1", **rest: Any
) -> Operation:
    method, path = request.split(" ")
    return Operation(name=name, method=method, path=path, stage=stage, handler=handler, data=data, **rest)


def _list(
    name: str, request: str, handler: Handler, key: str, item: Schema, *, stage: Stage = "v1", **rest: Any
) -> Operation:
    data = {key: schemas.array(item), "pagination": schemas.PAGINATION}
    return _operation(name, request, handler, data, stage=stage, paginated=True, **rest)


_DESTINATION = "/destinations/{destinationId}"
_SUBSCRIPTION = _DESTINATION + "/subscriptions/{id}"
_FILTERS = "/destination/{destinationId}/filters"
_FILTER = _FILTERS + "/{filterId}"

OPERATIONS = (
    _list("listDestinations", "GET /destinations", destinations.list_destinations, "destinations", schemas.DESTINATION),
    _operation(
        "createDestination",
        "POST /destinations",
        destinations.create_destination,
        {"destination": schemas.DESTINATION},
        body=destinations.CREATE_FIELDS,
    ),
    _operation(
        "getDestination", f"GET {_DESTINATION}", destinations.get_destination, {"destination": schemas.DESTINATION}
    ),
    _operation(
        "updateDestination",
        f"PATCH {_DESTINATION}",
        destinations.update_destination,
        {"destination": schemas.DESTINATION},
        body=destinations.UPDATE_FIELDS,
    ),
    _operation(
        "deleteDestination", f"DELETE {_DESTINATION}", destinations.delete_destination, {"status": schemas.SUCCESS}
    ),
    _list(
        "listSubscriptionsFromDestination",
        f"GET {_DESTINATION}/subscriptions",
        subscriptions.list_subscriptions,
        "subscriptions",
        schemas.SUBSCRIPTION,
        stage="alpha",
    ),
    _operation(
        "createDestinationSubscription",
        f"POST {_DESTINATION}/subscriptions",
        subscriptions.create_subscription,
        {"destinationSubscription": schemas.SUBSCRIPTION},
        stage="alpha",
        body=subscriptions.CREATE_FIELDS,
        limited=True,
    ),
    _operation(
        "getSubscriptionFromDestination",
        f"GET {_SUBSCRIPTION}",
        subscriptions.get_subscription,
        {"subscription": schemas.SUBSCRIPTION},
        stage="alpha",
    ),
    _operation(
        "updateSubscriptionForDestination",
        f"PATCH {_SUBSCRIPTION}",
        subscriptions.update_subscription,
        {"subscription": schemas.SUBSCRIPTION},
        stage="alpha",
        body=subscriptions.UPDATE_FIELDS,
        limited=True,
    ),
    _operation(
        "removeSubscriptionFromDestination",
        f"DELETE {_SUBSCRIPTION}",
        subscriptions.remove_subscription,
        {"status": schemas.SUCCESS},
        stage="alpha",
        limited=True,
    ),
    _operation(
        "listDeliveryMetricsSummaryFromDestination",
        f"GET {_DESTINATION}/delivery-metrics",
        delivery_metrics.get_delivery_metrics,
        {"deliveryMetricsSummary": schemas.DELIVERY_METRICS},
        stage="beta",
        query=delivery_metrics.QUERY_FIELDS,
    ),
    _list("listFiltersFromDestination", f"GET {_FILTERS}", filters.list_filters, "filters", schemas.FILTER),
    _operation(
        "createFilterForDestination",
        f"POST {_FILTERS}",
        filters.create_filter,
        {"filter": schemas.FILTER},
        body=filters.CREATE_FIELDS,
    ),
    _operation("getFilterInDestination", f"GET {_FILTER}", filters.get_filter, {"filter": schemas.FILTER}),
    _operation(
        "updateFilterForDestination",
        f"PATCH {_FILTER}",
        filters.update_filter,
        {"filter": schemas.FILTER},
        body=filters.UPDATE_FIELDS,
    ),
    _operation("removeFilterFromDestination", f"DELETE {_FILTER}", filters.remove_filter, {"status": schemas.SUCCESS}),
    _operation(
        "previewDestinationFilter",
        "POST /destination/filters/preview",
        filters.preview_filter,
        {"inputPayload": schemas.ANY_OBJECT, "result": schemas.NULLABLE_OBJECT},
        body=filters.PREVIEW_FIELDS,
    ),
    _operation("getWorkspace", "GET /", workspace.get_workspace, {"workspace": schemas.WORKSPACE}),
    _list("listSources", "GET /sources", workspace.list_sources, "sources", schemas.SOURCE),
    _operation(
        "getSource",
        "GET /sources/{sourceId}",
        workspace.get_source,
        {"source": schemas.SOURCE, "trackingPlanId": schemas.NULLABLE_STRING},
    ),
    _list(
        "listConnectedDestinationsFromSource",
        "GET /sources/{sourceId}/connected-destinations",
        workspace.list_connected_destinations,
        "destinations",
        schemas.DESTINATION,
    ),
    _list(
        "getDestinationsCatalog",
        "GET /catalog/destinations",
        workspace.get_destinations_catalog,
        "destinationsCatalog",
        schemas.METADATA,
    ),
    _operation(
        "getDestinationMetadata",
        "GET /catalog/destinations/{destinationMetadataId}",
        workspace.get_destination_metadata,
        {"destinationMetadata": schemas.METADATA},
    ),
)
