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
        start=get_workspace,
        target="/",
        data={"workspace": samples.with_more_fields(samples.WORKSPACE)},
        value=samples.WORKSPACE,
    ),
    Example(
        operation_id="listSources",
        start=list_sources,
        target="/sources" + FIRST_PAGE,
        data=_listing("sources", samples.SOURCE),
        value=[samples.SOURCE],
    ),
    Example(
        operation_id="listConnectedDestinationsFromSource",
        start=lambda options: list_destinations(options, source_id="src1"),
        target="/sources/src1/connected-destinations" + FIRST_PAGE,
        data=_listing("destinations", samples.DESTINATION),
        value=[samples.DESTINATION],
    ),
    Example(
        operation_id="getDestinationsCatalog",
        start=list_destinations_catalog,
        target="/catalog/destinations" + FIRST_PAGE,
        data=_listing("destinationsCatalog", samples.CATALOG_ENTRY),
        value=[samples.CATALOG_ENTRY],
    ),
    Example(
        operation_id="getDestinationMetadata",
        start=lambda options: get_destination_metadata(options, metadata_id="cat1"),
        target="/catalog/destinations/cat1",
        data={"destinationMetadata": samples.with_more_fields(samples.CATALOG_ENTRY)},
        value=samples.CATALOG_ENTRY,
    ),
    Example(
        operation_id="listDestinations",
        start=list_destinations,
        target="/destinations" + FIRST_PAGE,
        data=_listing("destinations", samples.DESTINATION),
        value=[samples.DESTINATION],
    ),
    Example(
        operation_id="createDestination",
        start=lambda options: post_destination(
            options, source_id="src1", metadata_id="cat1", name="Mails", settings={"apiKey": SECRET, "to": None}
        ),
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
        start=lambda options: get_destination(options, id="dst1"),
        target="/destinations/dst1",
        data={"destination": samples.with_more_fields(samples.DESTINATION)},
        value=samples.DESTINATION,
    ),
    Example(
        operation_id="updateDestination",
        start=lambda options: update_destination(
            options, id="dst1", name="Mail", enabled=False, settings={"apiKey": SECRET}
        ),
        method="PATCH",
        target="/destinations/dst1",
        content_type=JSON,
        body={"name": "Mail", "enabled": False, "settings": {"apiKey": SECRET}},
        data={"destination": samples.with_more_fields(samples.DESTINATION)},
        value=samples.DESTINATION,
    ),
    Example(
        operation_id="deleteDestination",
        start=lambda options: delete_destination(options, id="dst1"),
        method="DELETE",
        target="/destinations/dst1",
        data={"status": "SUCCESS"},
        value=None,
    ),
    Example(
        operation_id="listSubscriptionsFromDestination",
        start=lambda options: list_subscriptions(options, destination_id="dst1"),
        target="/destinations/dst1/subscriptions" + FIRST_PAGE,
        accept=ALPHA,
        data={"subscriptions": [samples.with_more_fields(samples.SUBSCRIPTION)]},
        value=[samples.SUBSCRIPTION],
    ),
    Example(
        operation_id="createDestinationSubscription",
        start=lambda options: post_subscription(
            options,
            destination_id="dst1",
            name="All tracks",
            action_id="act1",
            trigger='type = "track"',
            settings={"key": SECRET},
            model_id="mod1",
        ),
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
        start=lambda options: get_subscription(options, destination_id="dst1", id="sub1"),
        target="/destinations/dst1/subscriptions/sub1",
        accept=ALPHA,
        data={"subscription": samples.with_more_fields(samples.SUBSCRIPTION)},
        value=samples.SUBSCRIPTION,
    ),
    Example(
        operation_id="updateSubscriptionForDestination",
        start=lambda options: update_subscription(
            options,
            destination_id="dst1",
            id="sub1",
            name="Some",
            trigger='event = "Paid"',
            enabled=False,
            settings={"key": SECRET},
            model_id="mod1",
            reverse_etl_schedule={"strategy": "periodic", "config": {"interval": "15m"}},
        ),
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
        start=lambda options: delete_subscription(options, destination_id="dst1", id="sub1"),
        method="DELETE",
        target="/destinations/dst1/subscriptions/sub1",
        accept=ALPHA,
        data={"status": "SUCCESS"},
        value=None,
    ),
    Example(
        operation_id="listDeliveryMetricsSummaryFromDestination",
        start=lambda options: get_delivery_metrics(
            options,
            destination_id="dst1",
            source_id="src1",
            start_time=datetime(2026, 1, 31, 12, 0, 0, 999_999, tzinfo=UTC),
            end_time="2026-01-31T14:30:00+02:00",
            granularity="MINUTE",
        ),
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
