"""A table of the API operations that this package uses.

To add an operation, add a row here, its objects to ``objects.py``, a function to the module for its kind of object, and
a line to ``hooks/calls.py``. https://docs.segmentapis.com/
"""

from __future__ import annotations

from functools import partial

from airflow_provider_segment.protocol.wire.operation import Operation, Stage

GET_WORKSPACE = Operation("getWorkspace", "GET", "/")
LIST_SOURCES = Operation("listSources", "GET", "/sources")
LIST_CONNECTED_DESTINATIONS = Operation(
    "listConnectedDestinationsFromSource", "GET", "/sources/{sourceId}/connected-destinations"
)
GET_DESTINATIONS_CATALOG = Operation("getDestinationsCatalog", "GET", "/catalog/destinations")
GET_DESTINATION_METADATA = Operation("getDestinationMetadata", "GET", "/catalog/destinations/{destinationMetadataId}")

LIST_DESTINATIONS = Operation("listDestinations", "GET", "/destinations")
CREATE_DESTINATION = Operation("createDestination", "POST", "/destinations")
GET_DESTINATION = Operation("getDestination", "GET", "/destinations/{destinationId}")
UPDATE_DESTINATION = Operation("updateDestination", "PATCH", "/destinations/{destinationId}")
DELETE_DESTINATION = Operation("deleteDestination", "DELETE", "/destinations/{destinationId}")

# Alpha. Create, update and remove are limited to 5 requests a minute each.
LIST_SUBSCRIPTIONS = Operation(
    "listSubscriptionsFromDestination", "GET", "/destinations/{destinationId}/subscriptions", Stage.ALPHA
)
CREATE_SUBSCRIPTION = Operation(
    "createDestinationSubscription", "POST", "/destinations/{destinationId}/subscriptions", Stage.ALPHA, limited=True
)
GET_SUBSCRIPTION = Operation(
    "getSubscriptionFromDestination", "GET", "/destinations/{destinationId}/subscriptions/{id}", Stage.ALPHA
)
UPDATE_SUBSCRIPTION = Operation(
    "updateSubscriptionForDestination",
    "PATCH",
    "/destinations/{destinationId}/subscriptions/{id}",
    Stage.ALPHA,
    limited=True,
)
REMOVE_SUBSCRIPTION = Operation(
    "removeSubscriptionFromDestination",
    "DELETE",
    "/destinations/{destinationId}/subscriptions/{id}",
    Stage.ALPHA,
    limited=True,
)

GET_DELIVERY_METRICS = Operation(
    "listDeliveryMetricsSummaryFromDestination",
    "GET",
    "/destinations/{destinationId}/delivery-metrics",
    Stage.BETA,
    poll=True,
)

# https://docs.segmentapis.com/tag/Destination-Filters; in these paths `destination` is singular.
_filter_operation = partial(Operation, requires="a workspace on Segment's Business tier")
_FILTERS = "/destination/{destinationId}/filters"
_FILTER = _FILTERS + "/{filterId}"
LIST_FILTERS = _filter_operation("listFiltersFromDestination", "GET", _FILTERS)
CREATE_FILTER = _filter_operation("createFilterForDestination", "POST", _FILTERS)
GET_FILTER = _filter_operation("getFilterInDestination", "GET", _FILTER)
UPDATE_FILTER = _filter_operation("updateFilterForDestination", "PATCH", _FILTER)
REMOVE_FILTER = _filter_operation("removeFilterFromDestination", "DELETE", _FILTER)
PREVIEW_FILTER = _filter_operation("previewDestinationFilter", "POST", "/destination/filters/preview", computes=True)
