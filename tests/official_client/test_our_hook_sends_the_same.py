"""The requests of our hook compared with those of Segment's own client for the same arguments.

Known differences are listed with their reasons and are checked; any other difference fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.protocol.api import operations
from airflow_provider_segment.protocol.wire.operation import Operation
from airflow_provider_segment.protocol.wire.pagination import PAGE_COUNT
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.official_client.official import OfficialClient
from tests.official_client.recording import Recorded, Recorder, recording
from tests.sandbox.client import ANALYTICS, SECRET, TRACK, WEB

V1, BETA, ALPHA = (f"application/vnd.segment.{version}+json" for version in ("v1", "v1beta", "v1alpha"))
ANY = "<any>"
"""Matches any value: it does not matter for the request."""
ABSENT = "<absent>"
SLASHED = "a/b c%\xe9"
"""An id that must be percent-encoded to stay one segment."""
END = datetime.now(UTC).replace(microsecond=0)
START = END - timedelta(hours=1)
SETTINGS: dict[str, Any] = {"apiKey": SECRET, "trackAllPages": True, "nested": {"a": [1, 2.5, None, "\xe9\u2713"]}}
SCHEDULE = {"strategy": "PERIODIC", "config": {"interval": "15m"}}

DROP = [{"type": "DROP"}]
ACTIONS: list[dict[str, Any]] = [
    {"type": "DROP_PROPERTIES", "fields": {"": ["\xe9"], "context.traits": ["email"]}},
    {"type": "SAMPLE", "percent": 0.5, "path": "userId"},
]


def seed(*destination_ids: str) -> dict[str, Any]:
    subscriptions = [{"id": SLASHED, "actionId": TRACK}]
    filters = [{"id": SLASHED, "title": "no pages", "actions": DROP}]
    connected = {"sourceId": WEB, "metadataId": ANALYTICS, "subscriptions": subscriptions, "filters": filters}
    return {"destinations": [{"id": each, **connected} for each in destination_ids]}


FEW = seed(SLASHED, "d1")
MANY = seed(SLASHED, *(f"d{number}" for number in range(PAGE_COUNT + 20)))

Diff = tuple[Any, Any]
"""What Segment's client sends, and what our hook sends."""

TRANSPORT: dict[str, Diff] = {
    "header user-agent": (ANY, ANY),  # each names itself
    "header accept-encoding": (ABSENT, ANY),  # ours accepts compressed responses
    "header connection": (ANY, ABSENT),  # the default in HTTP/1.1
}


def accepts(media_type: str) -> dict[str, Diff]:
    """Return the difference in Accept: ours names a version; plain JSON would select the most stable one."""
    return {"header accept": ("application/json", media_type)}


ALPHA_BODY: dict[str, Diff] = {
    # The only type documented for bodies of alpha operations; Segment's Python, Go and Java clients send it.
    "header content-type": ("application/json", ALPHA),
}
EMPTY_BODY: dict[str, Diff] = {
    # Node sends it with every request that could have a body.
    "header content-length": ("0", ABSENT),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One operation, called with both clients.

    :param official: the method of Segment's client and its arguments.
    :param ours: our method and its arguments.
    :param differences: expected differences in addition to :data:`TRANSPORT`.
    :param pages: number of pages of a list.
    """

    official: tuple[Any, ...]
    ours: Callable[[SegmentPublicApiHook], Any]
    differences: dict[str, Diff]
    pages: int = 1


CASES = {
    "createDestination": Case(
        official=(
            "destinations.createDestination",
            {"sourceId": WEB, "metadataId": ANALYTICS, "name": "mine", "enabled": False, "settings": SETTINGS},
        ),
        ours=lambda hook: hook.create_destination(
            source_id=WEB, metadata_id=ANALYTICS, name="mine", enabled=False, settings=SETTINGS
        ),
        differences=accepts(V1),
    ),
    "createDestination without enabled": Case(
        official=(
            "destinations.createDestination",
            {"sourceId": WEB, "metadataId": ANALYTICS, "name": "mine", "settings": {}},
        ),
        ours=lambda hook: hook.create_destination(source_id=WEB, metadata_id=ANALYTICS, name="mine", settings={}),
        differences={
            **accepts(V1),
            # Its default is not documented, so ours always sends it.
            "body.enabled": (ABSENT, True),
            "header content-length": (ANY, ANY),
        },
    ),
    "getDestination": Case(
        official=("destinations.getDestination", SLASHED),
        ours=lambda hook: hook.get_destination(id=SLASHED),
        differences=accepts(V1),
    ),
    "updateDestination": Case(
        official=(
            "destinations.updateDestination",
            SLASHED,
            {"name": "renamed", "enabled": True, "settings": SETTINGS},
        ),
        ours=lambda hook: hook.update_destination(id=SLASHED, name="renamed", enabled=True, settings=SETTINGS),
        differences=accepts(V1),
    ),
    "updateDestination of one field": Case(
        official=("destinations.updateDestination", "d1", {"enabled": False}),
        ours=lambda hook: hook.update_destination(id="d1", enabled=False),
        differences=accepts(V1),
    ),
    "deleteDestination": Case(
        official=("destinations.deleteDestination", SLASHED),
        ours=lambda hook: hook.delete_destination(id=SLASHED),
        differences=accepts(V1) | EMPTY_BODY,
    ),
    "createDestinationSubscription": Case(
        official=(
            "destinations.createDestinationSubscription",
            "d1",
            {
                "name": "tracks",
                "actionId": TRACK,
                "trigger": 'type = "track" and event != "\xe9"',
                "enabled": True,
                "settings": {"event": {"@path": "$.event"}},
                "modelId": "a-model",
            },
        ),
        ours=lambda hook: hook.create_subscription(
            destination_id="d1",
            name="tracks",
            action_id=TRACK,
            trigger='type = "track" and event != "\xe9"',
            settings={"event": {"@path": "$.event"}},
            model_id="a-model",
        ),
        differences=accepts(ALPHA) | ALPHA_BODY,
    ),
    "getSubscriptionFromDestination": Case(
        official=("destinations.getSubscriptionFromDestination", SLASHED, SLASHED),
        ours=lambda hook: hook.get_subscription(destination_id=SLASHED, id=SLASHED),
        differences=accepts(ALPHA),
    ),
    "updateSubscriptionForDestination": Case(
        official=(
            "destinations.updateSubscriptionForDestination",
            SLASHED,
            SLASHED,
            {"input": {"name": "all", "trigger": "all", "enabled": False, "settings": {"a": [None]}}},
        ),
        ours=lambda hook: hook.update_subscription(
            destination_id=SLASHED, id=SLASHED, name="all", trigger="all", enabled=False, settings={"a": [None]}
        ),
        differences=accepts(ALPHA) | ALPHA_BODY,
    ),
    "updateSubscriptionForDestination with a model": Case(
        official=(
            "destinations.updateSubscriptionForDestination",
            "d1",
            SLASHED,
            {"input": {"name": "all", "reverseETLModelId": "a-model", "reverseETLSchedule": SCHEDULE}},
        ),
        ours=lambda hook: hook.update_subscription(
            destination_id="d1", id=SLASHED, name="all", model_id="a-model", reverse_etl_schedule=SCHEDULE
        ),
        differences={
            **accepts(ALPHA),
            **ALPHA_BODY,
            # Newer than this version of Segment's client, which drops them silently.
            "body.input.reverseETLModelId": (ABSENT, "a-model"),
            "body.input.reverseETLSchedule": (ABSENT, SCHEDULE),
            "header content-length": (ANY, ANY),
        },
    ),
    "removeSubscriptionFromDestination": Case(
        official=("destinations.removeSubscriptionFromDestination", SLASHED, SLASHED),
        ours=lambda hook: hook.delete_subscription(destination_id=SLASHED, id=SLASHED),
        differences=accepts(ALPHA) | EMPTY_BODY,
    ),
    "listDeliveryMetricsSummaryFromDestination": Case(
        official=(
            "destinations.listDeliveryMetricsSummaryFromDestination",
            SLASHED,
            WEB,
            f"{START:%Y-%m-%dT%H:%M:%SZ}",
            f"{END:%Y-%m-%dT%H:%M:%SZ}",
            "MINUTE",
        ),
        ours=lambda hook: hook.get_delivery_metrics(
            destination_id=SLASHED, source_id=WEB, start_time=START, end_time=END, granularity="MINUTE"
        ),
        differences=accepts(BETA),
    ),
    "createFilterForDestination": Case(
        official=(
            "destinationFilters.createFilterForDestination",
            SLASHED,
            {
                "sourceId": WEB,
                "title": "\xe9",
                "if": 'type = "track"',
                "actions": ACTIONS,
                "enabled": False,
                "description": "why",
            },
        ),
        ours=lambda hook: hook.create_filter(
            destination_id=SLASHED,
            source_id=WEB,
            title="\xe9",
            condition='type = "track"',
            actions=ACTIONS,
            enabled=False,
            description="why",
        ),
        differences=accepts(V1),
    ),
    "getFilterInDestination": Case(
        official=("destinationFilters.getFilterInDestination", SLASHED, SLASHED),
        ours=lambda hook: hook.get_filter(destination_id=SLASHED, id=SLASHED),
        differences=accepts(V1),
    ),
    "updateFilterForDestination": Case(
        official=(
            "destinationFilters.updateFilterForDestination",
            SLASHED,
            SLASHED,
            {"if": "all", "actions": DROP, "title": "new", "description": "why", "enabled": True},
        ),
        ours=lambda hook: hook.update_filter(
            destination_id=SLASHED,
            id=SLASHED,
            condition="all",
            actions=DROP,
            title="new",
            description="why",
            enabled=True,
        ),
        differences=accepts(V1),
    ),
    "removeFilterFromDestination": Case(
        official=("destinationFilters.removeFilterFromDestination", SLASHED, SLASHED),
        ours=lambda hook: hook.delete_filter(destination_id=SLASHED, id=SLASHED),
        differences=accepts(V1) | EMPTY_BODY,
    ),
    "previewDestinationFilter": Case(
        official=(
            "destinationFilters.previewDestinationFilter",
            {"filter": {"if": 'type = "track"', "actions": DROP}, "payload": {"type": "track", "a": [1, {"b": None}]}},
        ),
        ours=lambda hook: hook.preview_filter(
            condition='type = "track"', actions=DROP, payload={"type": "track", "a": [1, {"b": None}]}
        ),
        differences=accepts(V1),
    ),
    "getWorkspace": Case(
        official=("workspaces.getWorkspace",),
        ours=lambda hook: hook.get_workspace(),
        differences=accepts(V1),
    ),
    "getDestinationMetadata": Case(
        official=("catalog.getDestinationMetadata", ANALYTICS),
        ours=lambda hook: hook.get_destination_metadata(metadata_id=ANALYTICS),
        differences=accepts(V1),
    ),
}

LISTS = {
    "listDestinations": Case(
        official=("destinations.listDestinations",),
        ours=lambda hook: hook.list_destinations(),
        differences=accepts(V1),
        pages=2,
    ),
    "listSubscriptionsFromDestination": Case(
        official=("destinations.listSubscriptionsFromDestination", SLASHED),
        ours=lambda hook: hook.list_subscriptions(destination_id=SLASHED),
        differences=accepts(ALPHA),
    ),
    "listFiltersFromDestination": Case(
        official=("destinationFilters.listFiltersFromDestination", SLASHED),
        ours=lambda hook: hook.list_filters(destination_id=SLASHED),
        differences=accepts(V1),
    ),
    "listSources": Case(
        official=("sources.listSources",),
        ours=lambda hook: hook.list_sources(),
        differences=accepts(V1),
    ),
    "listConnectedDestinationsFromSource": Case(
        official=("sources.listConnectedDestinationsFromSource", WEB),
        ours=lambda hook: hook.list_destinations(source_id=WEB),
        differences=accepts(V1),
        pages=2,
    ),
    "getDestinationsCatalog": Case(
        official=("catalog.getDestinationsCatalog",),
        ours=lambda hook: hook.list_destinations_catalog(),
        differences=accepts(V1),
    ),
}


@pytest.fixture
def recorder(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A recorder in front of the sandbox; Airflow's connection points to it, too."""
    with recording(segment_sandbox.url) as made:
        recorded_sandbox = SegmentSandbox(url=made.url, token=segment_sandbox.token)
        monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT", recorded_sandbox.conn_uri)
        yield made


@pytest.fixture
def recorded_official(official: OfficialClient, recorder: Recorder) -> OfficialClient:
    return OfficialClient(url=recorder.url, token=official.token, process=official.process)


def differences(official: Recorded, ours: Recorded, allowed: dict[str, Diff]) -> dict[str, Diff]:
    """Return the differences between two requests; values that do not matter are shown as ``ANY``."""
    left, right = (dict(_flat(request.facts())) for request in (official, ours))
    found = {
        name: (left.get(name, ABSENT), right.get(name, ABSENT))
        for name in left.keys() | right.keys()
        if left.get(name, ABSENT) != right.get(name, ABSENT)
    }
    return {name: _with_any(pair, allowed.get(name, ())) for name, pair in found.items()}


def _flat(facts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a body and of its ``input`` one by one; settings stay whole."""
    for name, value in facts.items():
        if name in ("body", "body.input"):
            yield from _flat({f"{name}.{key}": inner for key, inner in value.items()})
        else:
            yield name, value


def _with_any(pair: Diff, allowed: tuple[Any, ...]) -> Any:
    if len(allowed) != len(pair):
        return pair
    return tuple(ANY if may == ANY and is_ != ABSENT else is_ for is_, may in zip(pair, allowed, strict=True))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_request_is_the_same(
    case: Case, recorded_official: OfficialClient, recorder: Recorder, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.seed(FEW)
    recorded_official.data(*case.official)
    (theirs,) = recorder.take()

    segment_sandbox.seed(FEW)
    with SegmentPublicApiHook() as hook:
        case.ours(hook)
    (ours,) = recorder.take()

    allowed = TRANSPORT | case.differences
    assert differences(theirs, ours, allowed) == allowed


@pytest.mark.parametrize("case", LISTS.values(), ids=LISTS.keys())
def test_pages_are_the_same(
    case: Case, recorded_official: OfficialClient, recorder: Recorder, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.seed(MANY)
    page = {"count": PAGE_COUNT}
    while True:
        pagination = recorded_official.data(*case.official, page)["pagination"]
        if pagination.get("next") is None:
            break
        page = {"count": PAGE_COUNT, "cursor": pagination["next"]}
    theirs = recorder.take()

    with SegmentPublicApiHook() as hook:
        list(case.ours(hook))
    ours = recorder.take()

    assert len(theirs) == case.pages
    allowed = TRANSPORT | case.differences
    for their_request, our_request in zip(theirs, ours, strict=True):
        assert differences(their_request, our_request, allowed) == allowed


def test_every_operation_is_compared() -> None:
    rows = {row.name for row in vars(operations).values() if isinstance(row, Operation)}

    assert {case.official[0].partition(".")[2] for case in (CASES | LISTS).values()} == rows
