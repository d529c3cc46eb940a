"""The operations of the API: routes, stages, handlers and rate limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airflow_provider_segment.sandbox.api import delivery_metrics, destinations, filters, subscriptions, workspace
from airflow_provider_segment.sandbox.api.media_types import Stage
from airflow_provider_segment.sandbox.api.operation_request import OperationRequest
from airflow_provider_segment.sandbox.core import Sandbox

Handler = Callable[[Sandbox, OperationRequest], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the API.

    :param name: Segment's operationId.
    :param method: HTTP method.
    :param path: route, with parameters in braces.
    :param stage: stability that Segment states for it.
    :param handler: processes a request and returns the response's ``data``.
    :param limited: whether it has its own rate limit.
    """

    name: str
    method: str
    path: str
    stage: Stage
    handler: Handler
    limited: bool = False


def _operation(name: str, request: str, handler: Handler, *, stage: Stage = "v1", limited: bool = False) -> Operation:
    method, path = request.split(" ")
    return Operation(name=name, method=method, path=path, stage=stage, handler=handler, limited=limited)


_DESTINATION = "/destinations/{destinationId}"
_SUBSCRIPTION = _DESTINATION + "/subscriptions/{id}"
_FILTERS = "/destination/{destinationId}/filters"
_FILTER = _FILTERS + "/{filterId}"

OPERATIONS = (
    _operation("listDestinations", "GET /destinations", destinations.list_destinations),
    _operation("createDestination", "POST /destinations", destinations.create_destination),
    _operation("getDestination", f"GET {_DESTINATION}", destinations.get_destination),
    _operation("updateDestination", f"PATCH {_DESTINATION}", destinations.update_destination),
    _operation("deleteDestination", f"DELETE {_DESTINATION}", destinations.delete_destination),
    _operation(
        "listSubscriptionsFromDestination",
        f"GET {_DESTINATION}/subscriptions",
        subscriptions.list_subscriptions,
        stage="alpha",
    ),
    _operation(
        "createDestinationSubscription",
        f"POST {_DESTINATION}/subscriptions",
        subscriptions.create_subscription,
        stage="alpha",
        limited=True,
    ),
    _operation("getSubscriptionFromDestination", f"GET {_SUBSCRIPTION}", subscriptions.get_subscription, stage="alpha"),
    _operation(
        "updateSubscriptionForDestination",
        f"PATCH {_SUBSCRIPTION}",
        subscriptions.update_subscription,
        stage="alpha",
        limited=True,
    ),
    _operation(
        "removeSubscriptionFromDestination",
        f"DELETE {_SUBSCRIPTION}",
        subscriptions.remove_subscription,
        stage="alpha",
        limited=True,
    ),
    _operation(
        "listDeliveryMetricsSummaryFromDestination",
        f"GET {_DESTINATION}/delivery-metrics",
        delivery_metrics.get_delivery_metrics,
        stage="beta",
    ),
    _operation("listFiltersFromDestination", f"GET {_FILTERS}", filters.list_filters),
    _operation("createFilterForDestination", f"POST {_FILTERS}", filters.create_filter),
    _operation("getFilterInDestination", f"GET {_FILTER}", filters.get_filter),
    _operation("updateFilterForDestination", f"PATCH {_FILTER}", filters.update_filter),
    _operation("removeFilterFromDestination", f"DELETE {_FILTER}", filters.remove_filter),
    _operation("previewDestinationFilter", "POST /destination/filters/preview", filters.preview_filter),
    _operation("getWorkspace", "GET /", workspace.get_workspace),
    _operation("listSources", "GET /sources", workspace.list_sources),
    _operation("getSource", "GET /sources/{sourceId}", workspace.get_source),
    _operation(
        "listConnectedDestinationsFromSource",
        "GET /sources/{sourceId}/connected-destinations",
        workspace.list_connected_destinations,
    ),
    _operation("getDestinationsCatalog", "GET /catalog/destinations", workspace.get_destinations_catalog),
    _operation(
        "getDestinationMetadata",
        "GET /catalog/destinations/{destinationMetadataId}",
        workspace.get_destination_metadata,
    ),
)
