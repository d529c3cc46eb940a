"""Segment's own client against the sandbox: every operation, and the errors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.official_client.official import OfficialClient
from tests.sandbox.client import ANALYTICS, CLASSIC, IDENTIFY, MASKED, SECRET, TRACK, WEB, Client

NEW = {"sourceId": WEB, "metadataId": ANALYTICS, "name": "first", "settings": {"apiKey": SECRET}}
NEW_SUBSCRIPTION = {"name": "tracks", "actionId": TRACK, "trigger": 'type = "track"', "enabled": True}
SEED = {
    "destinations": [
        {
            "id": f"d{number}",
            "sourceId": WEB,
            "metadataId": ANALYTICS,
            "name": f"number {number}",
            "settings": {"apiKey": SECRET},
            "subscriptions": [{"id": f"s{each}", "actionId": IDENTIFY} for each in range(5)] if number == 0 else [],
            "filters": [{"id": f"f{each}", "title": "x", "actions": [{"type": "DROP"}]} for each in range(5)]
            if number == 0
            else [],
        }
        for number in range(5)
    ],
    "sources": [{"id": WEB}, *({"id": f"source-{number}"} for number in range(4))],
    "catalog": [{"id": ANALYTICS, "actions": [{"id": IDENTIFY}]}, *({"id": f"type-{number}"} for number in range(4))],
}


def test_a_destination_is_created_read_updated_and_deleted(official: OfficialClient) -> None:
    created = official.data("destinations.createDestination", NEW)["destination"]
    path = created["id"]
    assert (created["name"], created["enabled"], created["sourceId"]) == ("first", True, WEB)
    assert created["settings"]["apiKey"] == MASKED
    assert created["settings"].keys() > {"apiKey"}  # with the catalog's defaults
    assert created["metadata"]["id"] == ANALYTICS

    changes = {"name": "second", "enabled": False, "settings": {"trackAllPages": True, "apiKey": MASKED}}
    changed = official.data("destinations.updateDestination", path, changes)["destination"]
    settings = {**created["settings"], "trackAllPages": True}
    assert changed == {**created, "name": "second", "enabled": False, "settings": settings}
    assert official.data("destinations.getDestination", path) == {"destination": changed}
    listed = official.data("destinations.listDestinations", {"count": 10})
    assert listed == {"destinations": [changed], "pagination": {"current": "MA==", "totalEntries": 1}}
    connected = official.data("sources.listConnectedDestinationsFromSource", WEB, {"count": 10})
    assert connected["destinations"] == [changed]

    assert official.data("destinations.deleteDestination", path) == {"status": "SUCCESS"}
    assert official.call("destinations.getDestination", path)["status"] == 404


def test_a_subscription_is_created_read_updated_and_deleted(official: OfficialClient) -> None:
    destination = official.data("destinations.createDestination", NEW)["destination"]["id"]
    created = official.data(
        "destinations.createDestinationSubscription",
        destination,
        {**NEW_SUBSCRIPTION, "settings": {"event": {"@path": "$.event"}}, "modelId": "a-model"},
    )["destinationSubscription"]
    assert (created["destinationId"], created["actionId"], created["modelId"]) == (destination, TRACK, "a-model")
    ids = (destination, created["id"])

    changes = {"name": "all", "trigger": "all", "enabled": False, "settings": {"more": [1, None]}}
    changed = official.data("destinations.updateSubscriptionForDestination", *ids, {"input": changes})["subscription"]
    assert changed == {**created, **changes, "settings": {"event": {"@path": "$.event"}, "more": [1, None]}}
    assert official.data("destinations.getSubscriptionFromDestination", *ids) == {"subscription": changed}
    listed = official.data("destinations.listSubscriptionsFromDestination", destination, {"count": 10})
    assert listed["subscriptions"] == [changed]

    assert official.data("destinations.removeSubscriptionFromDestination", *ids) == {"status": "SUCCESS"}
    assert official.call("destinations.getSubscriptionFromDestination", *ids)["status"] == 404


def test_a_filter_is_created_changed_listed_and_deleted(official: OfficialClient) -> None:
    destination = official.data("destinations.createDestination", NEW)["destination"]["id"]
    new = {"sourceId": WEB, "title": "no pages", "if": "type = 'page'", "actions": [{"type": "DROP"}], "enabled": True}
    created = official.data("destinationFilters.createFilterForDestination", destination, new)["filter"]
    assert created.items() >= new.items()
    ids = (destination, created["id"])

    changes = {"title": "none", "if": "all", "enabled": False, "description": "why"}
    changed = official.data("destinationFilters.updateFilterForDestination", *ids, changes)["filter"]
    assert changed == {**created, **changes, "updatedAt": changed["updatedAt"]}
    assert official.data("destinationFilters.getFilterInDestination", *ids) == {"filter": changed}
    listed = official.data("destinationFilters.listFiltersFromDestination", destination, {"count": 10})
    assert listed["filters"] == [changed]

    assert official.data("destinationFilters.removeFilterFromDestination", *ids) == {"status": "SUCCESS"}
    assert official.call("destinationFilters.getFilterInDestination", *ids)["status"] == 404


def test_a_preview_applies_the_actions_to_matching_events_only(official: OfficialClient) -> None:
    payload = {"type": "track", "properties": {"email": "a@example.com", "total": 3}}
    actions = [{"type": "DROP_PROPERTIES", "fields": {"properties": ["email"]}}]
    for condition, result in (
        ("type = 'track'", {"type": "track", "properties": {"total": 3}}),
        ("type = 'page'", payload),
    ):
        body = {"filter": {"if": condition, "actions": actions}, "payload": payload}
        data = official.data("destinationFilters.previewDestinationFilter", body)
        assert data == {"inputPayload": payload, "result": result}
    dropped = {"filter": {"if": "all", "actions": [{"type": "DROP"}]}, "payload": payload}
    assert official.data("destinationFilters.previewDestinationFilter", dropped)["result"] is None


def test_delivery_metrics_are_read(official: OfficialClient, segment_sandbox: SegmentSandbox) -> None:
    destination = official.data("destinations.createDestination", NEW)["destination"]["id"]
    now = datetime.now(UTC)
    segment_sandbox.deliver(
        destination, successes=7, successes_after_retry=2, discarded=1, at=now - timedelta(minutes=1)
    )
    window = ((now - timedelta(hours=1)).isoformat(), now.isoformat())

    for interval in (window, (None, None)):  # the default is the last hour
        summary = official.data(
            "destinations.listDeliveryMetricsSummaryFromDestination", destination, WEB, *interval, "MINUTE"
        )["deliveryMetricsSummary"]

        assert (summary["sourceId"], summary["destinationMetadataId"]) == (WEB, ANALYTICS)
        successes, _, discarded, *_ = summary["metrics"]
        assert successes == {
            "metricName": "successes",
            "total": 7,
            "breakdown": [
                {"metricName": "successes_on_first_attempt", "value": 5},
                {"metricName": "successes_after_retry", "value": 2},
            ],
        }
        assert discarded == {"metricName": "discarded", "total": 1}


def test_workspace_sources_and_catalog_are_read(official: OfficialClient) -> None:
    assert official.data("workspaces.getWorkspace")["workspace"]["slug"] == "sandbox"
    for source in official.data("sources.listSources", {"count": 10})["sources"]:
        assert official.data("sources.getSource", source["id"]) == {"source": source, "trackingPlanId": None}
    catalog = official.data("catalog.getDestinationsCatalog", {"count": 10})["destinationsCatalog"]
    assert {ANALYTICS, CLASSIC} <= {entry["id"] for entry in catalog}
    for entry in catalog:
        assert official.data("catalog.getDestinationMetadata", entry["id"]) == {"destinationMetadata": entry}


@pytest.mark.parametrize(
    ("operation", "ids", "key"),
    [
        ("destinations.listDestinations", (), "destinations"),
        ("destinations.listSubscriptionsFromDestination", ("d0",), "subscriptions"),
        ("destinationFilters.listFiltersFromDestination", ("d0",), "filters"),
        ("sources.listSources", (), "sources"),
        ("sources.listConnectedDestinationsFromSource", (WEB,), "destinations"),
        ("catalog.getDestinationsCatalog", (), "destinationsCatalog"),
    ],
)
def test_pages_are_the_same(
    official: OfficialClient, segment_sandbox: SegmentSandbox, operation: str, ids: tuple[str, ...], key: str
) -> None:
    segment_sandbox.seed(SEED)
    whole = official.data(operation, *ids, {"count": 1000})
    assert len(whole[key]) == 5

    pages = [official.data(operation, *ids, {"count": 2})]
    while (cursor := pages[-1]["pagination"].get("next")) is not None:
        pages.append(official.data(operation, *ids, {"count": 2, "cursor": cursor}))

    assert [len(page[key]) for page in pages] == [2, 2, 1]
    assert [item for page in pages for item in page[key]] == whole[key]
    assert all(page["pagination"]["totalEntries"] == 5 for page in pages)
    back = pages[2]["pagination"]["previous"]
    assert official.data(operation, *ids, {"count": 2, "cursor": back}) == pages[1]
    again = pages[1]["pagination"]["current"]
    assert official.data(operation, *ids, {"count": 2, "cursor": again}) == pages[1]


@pytest.mark.parametrize("destination_id", ["a/b c", "caf\xe9", "100%", "q?a=1#x", "%2F", "a+b", "it's (so)!*~"])
def test_ids_that_need_encoding_are_sent_unchanged(
    official: OfficialClient, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.seed({"destinations": [{"id": destination_id, "sourceId": WEB, "metadataId": ANALYTICS}]})

    assert official.data("destinations.getDestination", destination_id)["destination"]["id"] == destination_id


READS = [
    ("workspaces.getWorkspace", (), "/"),
    ("sources.listSources", ({"count": 200},), "/sources"),
    ("sources.getSource", (WEB,), f"/sources/{WEB}"),
    ("catalog.getDestinationsCatalog", ({"count": 200},), "/catalog/destinations"),
    ("catalog.getDestinationMetadata", (ANALYTICS,), f"/catalog/destinations/{ANALYTICS}"),
    ("destinations.getDestination", ("d",), "/destinations/d"),
    ("destinations.listDestinations", ({"count": 200},), "/destinations"),
    ("destinations.getSubscriptionFromDestination", ("d", "s"), "/destinations/d/subscriptions/s"),
    ("destinationFilters.getFilterInDestination", ("d", "f"), "/destination/d/filters/f"),
    (
        "destinations.listDeliveryMetricsSummaryFromDestination",
        ("d", WEB),
        f"/destinations/d/delivery-metrics?sourceId={WEB}",
    ),
]

NEWER_THAN_THE_CLIENT = (
    "source.metadata.status",
    "sources[].metadata.status",
    ".supportedPlatforms.linkedAudiences",
    ".multiInstanceSupportedVersion",
    ".actions[].fields[].hidden",
)
"""Fields that are newer than this version of the client."""


def lost(sent: Any, understood: Any, where: str = "") -> set[str]:
    """Return where the client decoded something else than was sent; positions in lists don't count."""
    if isinstance(sent, dict) and isinstance(understood, dict):
        keys = sent.keys() | understood.keys()
        return set().union(*(lost(sent.get(key), understood.get(key), f"{where}.{key}") for key in keys))
    if isinstance(sent, list) and isinstance(understood, list) and len(sent) == len(understood):
        return set().union(*(lost(*pair, f"{where}[]") for pair in zip(sent, understood, strict=True)))
    return set() if sent == understood else {where}


@pytest.mark.parametrize(("operation", "args", "path"), READS, ids=[row[0] for row in READS])
def test_the_client_knows_every_field_that_the_sandbox_sends(
    official: OfficialClient,
    segment: Client,
    segment_sandbox: SegmentSandbox,
    operation: str,
    args: tuple[Any, ...],
    path: str,
) -> None:
    """The client drops fields that its models lack."""
    one_filter = {"id": "f", "title": "x", "actions": [{"type": "SAMPLE", "percent": 0.5, "path": "userId"}]}
    destination = {**NEW, "id": "d", "subscriptions": [{"id": "s", "actionId": TRACK}], "filters": [one_filter]}
    segment_sandbox.seed({"destinations": [destination]})

    found = lost(segment.data("GET", path), official.data(operation, *args))

    assert {where for where in found if not where.endswith(NEWER_THAN_THE_CLIENT)} == set()


def refusal(outcome: Any, status: int) -> dict[str, Any]:
    """Return the single error of a response that the client treated as a failure."""
    assert outcome["status"] == status
    (error,) = outcome["body"]["errors"]
    assert error.keys() <= {"type", "message", "field", "data"}
    assert error["type"]
    assert error["message"]
    found: dict[str, Any] = error
    return found


def test_a_wrong_token_is_401(official: OfficialClient) -> None:
    stranger = replace(official, token="wrong")

    error = refusal(stranger.call("workspaces.getWorkspace"), 401)

    assert stranger.unwrap("workspaces.getWorkspace") == {"thrown": error}


def test_a_missing_object_is_404(official: OfficialClient) -> None:
    error = refusal(official.call("destinations.getDestination", "none"), 404)

    assert official.unwrap("destinations.getDestination", "none") == {"thrown": error}


def test_an_invalid_field_is_422_and_named(official: OfficialClient) -> None:
    nameless = {key: value for key, value in NEW_SUBSCRIPTION.items() if key != "actionId"}
    destination = official.data("destinations.createDestination", NEW)["destination"]["id"]
    call = ("destinations.createDestinationSubscription", destination, nameless)

    error = refusal(official.call(*call), 422)

    assert (error["message"], error["field"]) == ('"actionId" is required', "actionId")
    assert official.unwrap(*call) == {"thrown": error}


def test_a_page_size_beyond_the_limit_is_422(official: OfficialClient) -> None:
    error = refusal(official.call("destinations.listDestinations", {"count": 1001}), 422)

    assert (error["message"], error["field"]) == ('"count" must be at most 1000', "pagination.count")


def test_422_of_a_setting_names_the_option_and_describes_it(official: OfficialClient) -> None:
    call = ("destinations.createDestination", {**NEW, "settings": {"trackAllPages": "yes"}})

    error = refusal(official.call(*call), 422)

    assert error["field"] == "trackAllPages"
    assert error["data"]["type"] == "boolean"
    assert error["data"]["description"]
    assert official.unwrap(*call) == {"thrown": error}


@pytest.mark.parametrize(("unnamed", "shown"), [("absent", None), ("empty", "")])
def test_a_destination_without_a_name_is_understood(
    official: OfficialClient, segment_sandbox: SegmentSandbox, unnamed: str, shown: str | None
) -> None:
    segment_sandbox.settings(unnamed=unnamed)

    created = official.data(
        "destinations.createDestination", {"sourceId": WEB, "metadataId": ANALYTICS, "settings": {}}
    )["destination"]

    assert created.get("name") == shown


def test_400_of_a_second_instance_of_a_type_that_allows_one(official: OfficialClient) -> None:
    call = ("destinations.createDestination", {"sourceId": WEB, "metadataId": CLASSIC, "settings": {}})
    official.data(*call)

    error = refusal(official.call(*call), 400)

    message = "Multiple configurations of this destination type not supported."
    assert error == {"type": "bad-request", "message": message}
    assert official.unwrap(*call) == {"thrown": error}


def test_a_read_only_setting_is_400(official: OfficialClient) -> None:
    destination = official.data("destinations.createDestination", NEW)["destination"]["id"]

    refusal(official.call("destinations.updateDestination", destination, {"settings": {"externalId": "mine"}}), 400)


def test_a_429_says_how_long_to_wait(official: OfficialClient) -> None:
    destination = official.data("destinations.createDestination", NEW)["destination"]["id"]
    call = ("destinations.createDestinationSubscription", destination, NEW_SUBSCRIPTION)
    for _ in range(5):
        response = official.call(*call)
        assert response["status"] == 200
    assert response["headers"]["x-ratelimit-remaining"] == "0"

    limited = official.call(*call)

    error = refusal(limited, 429)
    assert 0 < int(limited["headers"]["retry-after"]) <= 60
    assert 0 < error["data"]["msBeforeNext"] <= 60_000
    assert (error["data"]["remainingPoints"], error["data"]["consumedPoints"]) == (0, 6)
    assert official.unwrap(*call)["thrown"]["data"].keys() == error["data"].keys()


def test_every_success_has_the_headers_about_limits(official: OfficialClient) -> None:
    for operation, args in (("workspaces.getWorkspace", ()), ("destinations.createDestination", (NEW,))):
        headers = official.call(operation, *args)["headers"]

        assert int(headers["x-ratelimit-remaining"]) > 0
        assert headers.keys() >= {"x-ratelimit-consumed", "x-ratelimit-reset"}


@pytest.mark.parametrize("status", [500, 503])
def test_an_injected_fault_is_thrown_as_an_error(
    official: OfficialClient, segment_sandbox: SegmentSandbox, status: int
) -> None:
    segment_sandbox.fault("status", status=status, times=2)

    error = refusal(official.call("workspaces.getWorkspace"), status)
    assert official.unwrap("workspaces.getWorkspace") == {"thrown": error}
