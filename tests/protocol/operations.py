"""Every operation with its arguments, the expected request, a response and the expected result."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_segment.protocol.api.catalog import get_destination_metadata, list_destinations_catalog
from airflow_provider_segment.protocol.api.delivery_metrics import get_delivery_metrics
from airflow_provider_segment.protocol.api.destinations import (
    delete_destination,
    get_destination,
    list_destinations,
    post_destination,
    update_destination,
)
from airflow_provider_segment.protocol.api.filters import (
    delete_filter,
    get_filter,
    list_filters,
    post_filter,
    preview_filter,
    update_filter,
)
from airflow_provider_segment.protocol.api.subscriptions import (
    delete_subscription,
    get_subscription,
    list_subscriptions,
    post_subscription,
    update_subscription,
)
from airflow_provider_segment.protocol.api.workspace import get_workspace, list_sources
from tests.protocol import samples
from tests.protocol.example import Example

JSON = "application/json"
BETA = "application/vnd.segment.v1beta+json"
ALPHA = "application/vnd.segment.v1alpha+json"
FIRST_PAGE = "?pagination%5Bcount%5D=200"

SECRET = "hunter2-hunter2"


def _listing(key: str, record: dict[str, Any]) -> dict[str, Any]:
    return {key: [samples.with_more_fields(record)], "pagination": {"current": "MA==", "totalEntries": 1}}


EXAMPLES = (
    Example(
        operation_id="getWorkspace",
        flow=get_workspace,
        target="/",
        data={"workspace": samples.with_more_fields(samples.WORKSPACE)},
        value=samples.WORKSPACE,
    ),
    Example(
        operation_id="listSources",
        flow=list_sources,
        target="/sources" + FIRST_PAGE,
        data=_listing("sources", samples.SOURCE),
        value=[samples.SOURCE],
    ),
    Example(
        operation_id="listConnectedDestinationsFromSource",
        flow=list_destinations,
        arguments={"source_id": "src1"},
        target="/sources/src1/connected-destinations" + FIRST_PAGE,
        data=_listing("destinations", samples.DESTINATION),
        value=[samples.DESTINATION],
    ),
    Example(
        operation_id="getDestinationsCatalog",
        flow=list_destinations_catalog,
        target="/catalog/destinations" + FIRST_PAGE,
        data=_listing("destinationsCatalog", samples.CATALOG_ENTRY),
        value=[samples.CATALOG_ENTRY],
    ),
    Example(
        operation_id="getDestinationMetadata",
        flow=get_destination_metadata,
        arguments={"metadata_id": "cat1"},
        target="/catalog/destinations/cat1",
        data={"destinationMetadata": samples.with_more_fields(samples.CATALOG_ENTRY)},
        value=samples.CATALOG_ENTRY,
    ),
    Example(
        operation_id="listDestinations",
        flow=list_destinations,
        target="/destinations" + FIRST_PAGE,
        data=_listing("destinations", samples.DESTINATION),
        value=[samples.DESTINATION],
    ),
    Example(
        operation_id="createDestination",
        creates=True,
        flow=post_destination,
        arguments={
            "source_id": "src1",
            "metadata_id": "cat1",
            "name": "Mails",
            "settings": {"apiKey": SECRET, "to": None},
        },
        method="POST",
        target="/destinations",
        content_type=JSON,
        body={
            "sourceId": "src1",
            "metadataId": "cat1",
            "name": "Mails",
            "enabled": True,
            "settings": {"apiKey": SECRET, "to": None},
        },
        data={"destination": samples.with_more_fields(samples.DESTINATION)},
        value=samples.DESTINATION,
    ),
    Example(
        operation_id="getDestination",
        flow=get_destination,
        arguments={"id": "dst1"},
        target="/destinations/dst1",
        data={"destination": samples.with_more_fields(samples.DESTINATION)},
        value=samples.DESTINATION,
    ),
    Example(
        operation_id="updateDestination",
        flow=update_destination,
        arguments={"id": "dst1", "name": "Mail", "enabled": False, "settings": {"apiKey": SECRET}},
        method="PATCH",
        target="/destinations/dst1",
        content_type=JSON,
        body={"name": "Mail", "enabled": False, "settings": {"apiKey": SECRET}},
        data={"destination": samples.with_more_fields(samples.DESTINATION)},
        value=samples.DESTINATION,
    ),
    Example(
        operation_id="deleteDestination",
        flow=delete_destination,
        arguments={"id": "dst1"},
        method="DELETE",
        target="/destinations/dst1",
        data={"status": "SUCCESS"},
        value=None,
    ),
    Example(
        operation_id="listSubscriptionsFromDestination",
        flow=list_subscriptions,
        arguments={"destination_id": "dst1"},
        target="/destinations/dst1/subscriptions" + FIRST_PAGE,
        accept=ALPHA,
        data={"subscriptions": [samples.with_more_fields(samples.SUBSCRIPTION)]},
        value=[samples.SUBSCRIPTION],
    ),
    Example(
        operation_id="createDestinationSubscription",
        creates=True,
        flow=post_subscription,
        arguments={
            "destination_id": "dst1",
            "name": "All tracks",
            "action_id": "act1",
            "trigger": 'type = "track"',
            "settings": {"key": SECRET},
            "model_id": "mod1",
        },
        method="POST",
        target="/destinations/dst1/subscriptions",
        accept=ALPHA,
        content_type=ALPHA,
        body={
            "name": "All tracks",
            "actionId": "act1",
            "trigger": 'type = "track"',
            "enabled": True,
            "settings": {"key": SECRET},
            "modelId": "mod1",
        },
        data={"destinationSubscription": samples.with_more_fields(samples.SUBSCRIPTION)},
        value=samples.SUBSCRIPTION,
    ),
    Example(
        operation_id="getSubscriptionFromDestination",
        flow=get_subscription,
        arguments={"destination_id": "dst1", "id": "sub1"},
        target="/destinations/dst1/subscriptions/sub1",
        accept=ALPHA,
        data={"subscription": samples.with_more_fields(samples.SUBSCRIPTION)},
        value=samples.SUBSCRIPTION,
    ),
    Example(
        operation_id="updateSubscriptionForDestination",
        flow=update_subscription,
        arguments={
            "destination_id": "dst1",
            "id": "sub1",
            "name": "Some",
            "trigger": 'event = "Paid"',
            "enabled": False,
            "settings": {"key": SECRET},
            "model_id": "mod1",
            "reverse_etl_schedule": {"strategy": "periodic", "config": {"interval": "15m"}},
        },
        method="PATCH",
        target="/destinations/dst1/subscriptions/sub1",
        accept=ALPHA,
        content_type=ALPHA,
        body={
            "input": {
                "name": "Some",
                "trigger": 'event = "Paid"',
                "enabled": False,
                "settings": {"key": SECRET},
                "reverseETLModelId": "mod1",
                "reverseETLSchedule": {"strategy": "PERIODIC", "config": {"interval": "15m"}},
            }
        },
        data={"subscription": samples.with_more_fields(samples.SUBSCRIPTION)},
        value=samples.SUBSCRIPTION,
    ),
    Example(
        operation_id="removeSubscriptionFromDestination",
        flow=delete_subscription,
        arguments={"destination_id": "dst1", "id": "sub1"},
        method="DELETE",
        target="/destinations/dst1/subscriptions/sub1",
        accept=ALPHA,
        data={"status": "SUCCESS"},
        value=None,
    ),
    Example(
        operation_id="listFiltersFromDestination",
        flow=list_filters,
        arguments={"destination_id": "dst1"},
        target="/destination/dst1/filters" + FIRST_PAGE,
        data=_listing("filters", samples.FILTER),
        value=[samples.FILTER],
    ),
    Example(
        operation_id="createFilterForDestination",
        creates=True,
        flow=post_filter,
        arguments={
            "destination_id": "dst1",
            "source_id": "src1",
            "title": "No emails",
            "condition": "all",
            "actions": [{"type": "drop_properties", "fields": {"context.traits": ["email"]}}],
            "description": "privacy",
        },
        method="POST",
        target="/destination/dst1/filters",
        content_type=JSON,
        body={
            "sourceId": "src1",
            "title": "No emails",
            "if": "all",
            "actions": [{"type": "DROP_PROPERTIES", "fields": {"context.traits": ["email"]}}],
            "enabled": True,
            "description": "privacy",
        },
        data={"filter": samples.with_more_fields(samples.FILTER)},
        value=samples.FILTER,
    ),
    Example(
        operation_id="getFilterInDestination",
        flow=get_filter,
        arguments={"destination_id": "dst1", "id": "fil1"},
        target="/destination/dst1/filters/fil1",
        data={"filter": samples.with_more_fields(samples.FILTER)},
        value=samples.FILTER,
    ),
    Example(
        operation_id="updateFilterForDestination",
        flow=update_filter,
        arguments={
            "destination_id": "dst1",
            "id": "fil1",
            "title": "A tenth",
            "condition": 'type = "page"',
            "actions": [{"type": "SAMPLE", "percent": "0.1", "path": "userId"}],
            "enabled": False,
            "description": "",
        },
        method="PATCH",
        target="/destination/dst1/filters/fil1",
        content_type=JSON,
        body={
            "title": "A tenth",
            "if": 'type = "page"',
            "actions": [{"type": "SAMPLE", "percent": 0.1, "path": "userId"}],
            "enabled": False,
            "description": None,
        },
        data={"filter": samples.with_more_fields(samples.FILTER)},
        value=samples.FILTER,
    ),
    Example(
        operation_id="removeFilterFromDestination",
        flow=delete_filter,
        arguments={"destination_id": "dst1", "id": "fil1"},
        method="DELETE",
        target="/destination/dst1/filters/fil1",
        data={"status": "SUCCESS"},
        value=None,
    ),
    Example(
        operation_id="previewDestinationFilter",
        flow=preview_filter,
        arguments={
            "condition": "all",
            "actions": [{"type": "DROP"}],
            "payload": {"type": "track", "properties": {"a": None}},
        },
        method="POST",
        target="/destination/filters/preview",
        content_type=JSON,
        body={
            "filter": {"if": "all", "actions": [{"type": "DROP"}]},
            "payload": {"type": "track", "properties": {"a": None}},
        },
        data={"inputPayload": {"type": "track", "properties": {"a": None}}, "result": None},
        value={"inputPayload": {"type": "track", "properties": {"a": None}}, "result": None},
    ),
    Example(
        operation_id="listDeliveryMetricsSummaryFromDestination",
        flow=get_delivery_metrics,
        arguments={
            "destination_id": "dst1",
            "source_id": "src1",
            "start_time": datetime(2026, 1, 31, 12, 0, 0, 999_999, tzinfo=UTC),
            "end_time": "2026-01-31T14:30:00+02:00",
            "granularity": "MINUTE",
        },
        target=(
            "/destinations/dst1/delivery-metrics?sourceId=src1&startTime=2026-01-31T12%3A00%3A00Z"
            "&endTime=2026-01-31T12%3A30%3A00Z&granularity=MINUTE"
        ),
        accept=BETA,
        data={"deliveryMetricsSummary": samples.METRICS_SUMMARY},
        value={
            "successes": 90,
            "successes_on_first_attempt": 70,
            "successes_after_retry": 20,
            "expired": 4,
            "discarded": 6,
            "retried": 25,
            "time_to_success_average": 1.25,
            "time_to_success_p95": 3,
            "time_to_first_attempt_average": None,
            "time_to_first_attempt_p95": None,
            "attempted": 100,
            "failures": 10,
            "success_rate": 0.9,
            "failure_rate": 0.1,
            "discard_rate": 0.06,
            "expiry_rate": 0.04,
        },
    ),
)
BY_ID = {example.operation_id: example for example in EXAMPLES}
