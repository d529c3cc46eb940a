"""The table of operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airflow_provider_segment.sandbox.api import delivery_metrics, destinations, neighbours, subscriptions
from airflow_provider_segment.sandbox.api.asked import Asked
from airflow_provider_segment.sandbox.api.media_types import Stage
from airflow_provider_segment.sandbox.core import Sandbox

Handler = Callable[[Sandbox, Asked], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the API.

    :param name: Segment's operationId.
    :param stage: how stable Segment says it is.
    :param handler: carries it out and gives the answer's ``data``.
    :param limited: whether it has a rate limit of its own.
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
    _operation("getWorkspace", "GET /", neighbours.get_workspace),
    _operation("listSources", "GET /sources", neighbours.list_sources),
    _operation("getSource", "GET /sources/{sourceId}", neighbours.get_source),
    _operation(
        "listConnectedDestinationsFromSource",
        "GET /sources/{sourceId}/connected-destinations",
        neighbours.list_connected_destinations,
    ),
    _operation("getDestinationsCatalog", "GET /catalog/destinations", neighbours.get_destinations_catalog),
    _operation(
        "getDestinationMetadata",
        "GET /catalog/destinations/{destinationMetadataId}",
        neighbours.get_destination_metadata,
    ),
)
