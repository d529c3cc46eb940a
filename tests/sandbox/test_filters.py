"""Destination filters in the sandbox: how they are stored, and what a preview returns."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, WEB, Client

DROP = [{"type": "DROP"}]
FILTER = {"sourceId": WEB, "if": 'type = "identify"', "actions": DROP, "title": "Drop identify calls", "enabled": True}
EVENT = {
    "type": "track",
    "event": "Order Completed",
    "context": {"ip": "1.2.3.4", "traits": {"email": "a@b.c", "plan": "pro"}},
    "properties": {"email": "a@b.c", "products": [{"name": "x", "price": 1}, {"name": "y"}, "z"]},
}


@pytest.fixture
def path(segment: Client) -> str:
    """Path of the filters of a new destination."""
    return f"/destination/{segment.create_destination()['id']}/filters"


def preview(segment: Client, actions: list[dict[str, Any]], condition: str = "all", payload: Any = EVENT) -> Any:
    body = {"filter": {"if": condition, "actions": actions}, "payload": payload}
    data = segment.data("POST", "/destination/filters/preview", body)
    assert data.keys() == {"inputPayload", "result"}
    assert data["inputPayload"] == payload
    return data["result"]


def test_a_created_filter_can_be_read_and_listed(segment: Client, path: str) -> None:
    created = segment.data("POST", path, {**FILTER, "description": "Example filter."})["filter"]

    assert created == {
        **FILTER,
        "id": created["id"],
        "destinationId": path.split("/")[2],
        "description": "Example filter.",
        "createdAt": created["createdAt"],
        "updatedAt": created["createdAt"],
    }
    assert created["createdAt"].endswith("Z")
    assert segment.data("GET", f"{path}/{created['id']}") == {"filter": created}
    assert segment.data("GET", path) == {"filters": [created], "pagination": {"current": "MA==", "totalEntries": 1}}


def test_only_a_filter_with_a_description_has_that_key(segment: Client, path: str) -> None:
    assert "description" not in segment.data("POST", path, FILTER)["filter"]


def test_update_changes_only_what_was_sent(segment: Client, segment_sandbox: SegmentSandbox, path: str) -> None:
    created = segment.data("POST", path, {**FILTER, "description": "x"})["filter"]
    item = f"{path}/{created['id']}"
    segment_sandbox.settings(clock_offset_seconds=60)

    changed = segment.data("PATCH", item, {"enabled": False})["filter"]

    assert changed == {**created, "enabled": False, "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > created["updatedAt"]
    everything = {"title": "new", "if": "all", "actions": [{"type": "SAMPLE", "percent": 0.5}], "description": "y"}
    assert segment.data("PATCH", item, everything)["filter"].items() >= everything.items()
    assert "description" not in segment.data("PATCH", item, {"description": None})["filter"]


def test_a_removed_filter_is_gone(segment: Client, path: str) -> None:
    kept, gone = (segment.data("POST", path, FILTER)["filter"] for _ in range(2))

    assert segment.data("DELETE", f"{path}/{gone['id']}") == {"status": "SUCCESS"}
    assert segment.data("GET", path)["filters"] == [kept]
    for method in ("GET", "DELETE"):
        assert segment.errors(method, f"{path}/{gone['id']}") == (404, [None])


def test_a_destinations_filters_go_with_it(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    created = segment.create_destination()["id"]
    segment.create_filter(created)
    segment.data("DELETE", f"/destinations/{created}")
    body = {"id": created, "sourceId": WEB, "metadataId": ANALYTICS}

    assert segment.errors("GET", f"/destination/{created}/filters")[0] == 404
    segment_sandbox.seed({"destinations": [body]})
    assert segment.data("GET", f"/destination/{created}/filters")["filters"] == []


def test_a_filter_of_another_destination_returns_404(segment: Client, path: str) -> None:
    created = segment.data("POST", path, FILTER)["filter"]
    other = segment.create_destination(name="other")["id"]

    assert segment.errors("GET", f"/destination/{other}/filters/{created['id']}")[0] == 404


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"sourceId": "other"}, 404, "sourceId"),
        ({"title": ""}, 422, "title"),
        ({"enabled": "yes"}, 422, "enabled"),
        ({"if": ""}, 422, "if"),
        ({"if": 'userId = oops"'}, 422, "if"),
        ({"if": "hash(userId) = 1"}, 422, "if"),
        ({"description": None}, 422, "description"),
        ({"actions": []}, 422, "actions"),
        ({"actions": ["DROP"]}, 422, "actions[0]"),
        ({"actions": [{}]}, 422, "actions[0].type"),
        ({"actions": [*DROP, {"type": "drop"}]}, 422, "actions[1].type"),
        ({"actions": [{"type": "SAMPLE"}]}, 422, "actions[0].percent"),
        ({"actions": [{"type": "SAMPLE", "percent": 1.01}]}, 422, "actions[0].percent"),
        ({"actions": [{"type": "SAMPLE", "percent": 1, "path": 1}]}, 422, "actions[0].path"),
        ({"actions": [{"type": "ALLOW_PROPERTIES"}]}, 422, "actions[0].fields"),
        ({"actions": [{"type": "DROP_PROPERTIES", "fields": {"a": "b"}}]}, 422, "actions[0].fields.a"),
    ],
)
def test_an_invalid_filter_names_the_field(
    segment: Client, path: str, changes: dict[str, Any], status: int, field: str
) -> None:
    assert segment.errors("POST", path, FILTER | changes) == (status, [field])
    assert segment.data("GET", path)["filters"] == []


def test_create_names_every_missing_field(segment: Client, path: str) -> None:
    assert segment.errors("POST", path, {}) == (422, ["sourceId", "if", "actions", "title", "enabled"])
    assert segment.errors("POST", "/destination/filters/preview", {}) == (422, ["filter", "payload"])


def test_a_destination_has_at_most_ten_filters(segment: Client, path: str) -> None:
    for _ in range(10):
        segment.data("POST", path, FILTER)

    assert segment.errors("POST", path, FILTER)[0] == 422


def test_a_seed_can_have_filters(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    seeded = {"id": "f", "title": "no names", "actions": [{"type": "DROP_PROPERTIES", "fields": {"": ["name"]}}]}
    destination = {"id": "d", "sourceId": WEB, "metadataId": ANALYTICS}
    segment_sandbox.seed({"destinations": [{**destination, "filters": [seeded]}]})

    (found,) = segment_sandbox.destinations[0]["filters"]

    assert segment.data("GET", "/destination/d/filters")["filters"] == [found]
    assert found.items() >= {**seeded, "if": "all", "enabled": True, "sourceId": WEB}.items()
    for wrong, message in (
        ({"title": "x"}, "filters.0..actions"),
        ({**seeded, "if": "("}, "filters.0..if"),
        ({**seeded, "actions": [{"type": "x"}]}, "type"),
    ):
        with pytest.raises(ValueError, match=message):
            segment_sandbox.seed({"destinations": [{**destination, "filters": [wrong]}]})


def test_a_condition_that_is_not_met_changes_nothing(segment: Client) -> None:
    assert preview(segment, DROP, "type = 'page'") == EVENT
    assert preview(segment, DROP, "properties.missing") == EVENT


def test_drop_removes_the_whole_event(segment: Client) -> None:
    assert preview(segment, DROP, "type = 'track'") is None


def test_segments_published_example_has_the_published_result(segment: Client) -> None:
    payload = {
        "type": "track",
        "event": "Order Completed",
        "product": {"name": "Widget", "requestedFrom": "/checkout"},
    }
    actions = [{"type": "DROP_PROPERTIES", "fields": {"product": ["name"]}}]

    assert preview(segment, actions, 'type = "track"', payload) == {
        **payload,
        "product": {"requestedFrom": "/checkout"},
    }


def test_drop_properties_at_any_depth(segment: Client) -> None:
    fields = {
        "": ["event", "not there"],
        "context.traits": ["email"],
        "properties.products": ["price"],
        "properties.not.there": ["x"],
        "type": ["x"],
    }

    assert preview(segment, [{"type": "DROP_PROPERTIES", "fields": fields}]) == {
        "type": "track",
        "context": {"ip": "1.2.3.4", "traits": {"plan": "pro"}},
        "properties": {"email": "a@b.c", "products": [{"name": "x"}, {"name": "y"}, "z"]},
    }


def test_allow_properties_cuts_only_the_objects_it_names(segment: Client) -> None:
    fields = {"context.traits": ["plan"], "properties": ["products", "other"]}

    assert preview(segment, [{"type": "ALLOW_PROPERTIES", "fields": fields}]) == {
        **EVENT,
        "context": {"ip": "1.2.3.4", "traits": {"plan": "pro"}},
        "properties": {"products": EVENT["properties"]["products"]},  # type: ignore[index]
    }


def test_an_escaped_dot_is_part_of_a_key(segment: Client) -> None:
    actions = [{"type": "DROP_PROPERTIES", "fields": {r"a\.b": ["c"]}}]

    assert preview(segment, actions, payload={"a.b": {"c": 1, "d": 2}}) == {"a.b": {"d": 2}}


def test_actions_are_applied_in_order(segment: Client) -> None:
    actions = [
        {"type": "ALLOW_PROPERTIES", "fields": {"properties": ["email"]}},
        {"type": "DROP_PROPERTIES", "fields": {"properties": ["email"], "": ["context"]}},
    ]

    assert preview(segment, actions) == {"type": "track", "event": "Order Completed", "properties": {}}
    assert preview(segment, [*actions, *DROP]) is None


def test_only_a_sample_without_chance_can_be_previewed(segment: Client) -> None:
    assert preview(segment, [{"type": "SAMPLE", "percent": 1}]) == EVENT
    assert preview(segment, [{"type": "SAMPLE", "percent": 0, "path": "userId"}]) is None
    body = {"filter": {"if": "all", "actions": [{"type": "SAMPLE", "percent": 0.5}]}, "payload": EVENT}
    assert segment.errors("POST", "/destination/filters/preview", body) == (422, ["filter.actions[0].percent"])


@pytest.mark.parametrize("condition", ["properties.email > 5", "context", "'text'", "event in type", "length(context)"])
def test_what_the_documentation_does_not_define_is_refused(segment: Client, condition: str) -> None:
    body = {"filter": {"if": condition, "actions": DROP}, "payload": EVENT}

    assert segment.errors("POST", "/destination/filters/preview", body) == (422, ["filter.if"])
