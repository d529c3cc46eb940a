"""The API calls that both hooks offer as methods."""

from __future__ import annotations

from airflow_provider_segment.hooks.methods import iterator, method
from airflow_provider_segment.protocol.api import (
    catalog,
    delivery_metrics,
    destinations,
    filters,
    subscriptions,
    workspace,
)
from airflow_provider_segment.protocol.provisioning import destination as provisioning_destination
from airflow_provider_segment.protocol.provisioning import filter as provisioning_filter
from airflow_provider_segment.protocol.provisioning import subscription as provisioning_subscription


class SegmentCalls:
    """The operations of the Segment Public API as methods.

    Objects are returned as dicts with the API's key names. All methods may raise a
    :class:`~airflow_provider_segment.exceptions.SegmentError`, and ``ValueError`` for invalid arguments or connection
    fields.
    """

    get_workspace = method(workspace.get_workspace)
    list_sources = iterator(workspace.list_sources)

    list_destinations_catalog = iterator(catalog.list_destinations_catalog)
    get_destination_metadata = method(catalog.get_destination_metadata)

    list_destinations = iterator(destinations.list_destinations)
    get_destination = method(destinations.get_destination)
    create_destination = method(provisioning_destination.create_destination)
    update_destination = method(destinations.update_destination)
    delete_destination = method(destinations.delete_destination)

    list_subscriptions = iterator(subscriptions.list_subscriptions)
    get_subscription = method(subscriptions.get_subscription)
    create_subscription = method(provisioning_subscription.create_subscription)
    update_subscription = method(subscriptions.update_subscription)
    delete_subscription = method(subscriptions.delete_subscription)

    list_filters = iterator(filters.list_filters)
    get_filter = method(filters.get_filter)
    create_filter = method(provisioning_filter.create_filter)
    update_filter = method(filters.update_filter)
    delete_filter = method(filters.delete_filter)
    preview_filter = method(filters.preview_filter)

    get_delivery_metrics = method(delivery_metrics.get_delivery_metrics)
