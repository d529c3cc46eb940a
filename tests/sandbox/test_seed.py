from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, MASKED, SECRET, TRACK, WEB, Client


def destination(**changes: Any) -> dict[str, Any]:
    return {"id": "d", "sourceId": WEB, "metadataId": ANALYTICS, **changes}


def test_a_source_needs_only_an_id(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"sources": [{"id": "mine", "labels": [{"key": "a", "value": "b"}]}]})

    source = segment.data("GET", "/sources/mine")["source"]

    assert (source["slug"], source["enabled"], source["labels"]) == ("mine", True, [{"key": "a", "value": "b"}])
    assert source["metadata"].keys() >= {"id", "name", "slug", "description", "logos", "options", "categories"}


def test_a_catalog_entry_with_only_an_id_accepts_any_setting(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"catalog": [{"id": "mine", "secretOptions": ["apiKey"], "actions": [{"id": "act"}]}]})

    created = segment.create_destination(metadataId="mine", settings={"apiKey": SECRET, "anything": [1]})

    assert created["settings"].keys() == {"apiKey", "anything", "dynamicAuthSettings"}
    assert (created["settings"]["apiKey"], created["settings"]["anything"]) == (MASKED, [1])
    assert segment.create_subscription(created["id"], actionId="act")["actionSlug"] == "act"
    assert created["metadata"].keys() >= {
        "name",
        "description",
        "slug",
        "logos",
        "options",
        "status",
        "previousNames",
        "categories",
        "website",
        "components",
        "supportedFeatures",
        "supportedMethods",
        "supportedPlatforms",
        "actions",
        "presets",
    }


def test_a_catalog_entry_can_list_secret_and_read_only_options(
    segment: Client, segment_sandbox: SegmentSandbox
) -> None:
    options = [{"name": name} for name in ("apiKey", "handshake", "fixed")]
    entry = {"id": "mine", "options": options, "secretOptions": ["handshake"], "readOnlyOptions": ["fixed"]}
    segment_sandbox.seed(
        {"catalog": [entry], "destinations": [destination(metadataId="mine", settings={"fixed": "as seeded"})]}
    )

    settings = {"apiKey": SECRET, "handshake": SECRET, "fixed": "other"}
    changed = segment.data("PATCH", "/destinations/d", {"settings": settings})["destination"]

    assert changed["settings"] == {"apiKey": SECRET, "handshake": MASKED, "fixed": "as seeded"}
    assert "secretOptions" not in changed["metadata"]


def test_a_catalog_entry_can_switch_off_what_segment_adds(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    options = [{"name": "region", "type": "select", "defaultValue": "us"}]
    entry = {"id": "mine", "options": options, "actions": [{"id": "act"}]}
    segment_sandbox.seed(
        {
            "catalog": [{**entry, "fillDefaults": False, "dynamicAuthSettings": False}],
            "destinations": [destination(metadataId="mine")],
        }
    )
    segment_sandbox.settings(settings_update="replace")

    created = segment.create_destination(metadataId="mine", settings={})
    changed = segment.data("PATCH", "/destinations/d", {"settings": {"other": 1}})["destination"]

    assert created["settings"] == {}
    assert changed["settings"] == {"other": 1}
    assert not {"fillDefaults", "dynamicAuthSettings"} & created["metadata"].keys()


def test_a_seed_can_set_the_auth_settings(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    settings = {"dynamicAuthSettings": {"configId": "c", "oauth": {"type": "authCode"}}}
    segment_sandbox.seed({"destinations": [destination(settings=settings)]})

    shown = segment.data("GET", "/destinations/d")["destination"]["settings"]

    assert shown["dynamicAuthSettings"] == settings["dynamicAuthSettings"]


def test_replacing_settings_keeps_read_only_options(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    entry = {"id": "mine", "options": [{"name": "fixed"}, {"name": "free"}], "readOnlyOptions": ["fixed"]}
    seeded = destination(metadataId="mine", settings={"fixed": "as seeded", "free": "old"})
    segment_sandbox.seed({"catalog": [entry], "destinations": [seeded]})
    segment_sandbox.settings(settings_update="replace")

    changed = segment.data("PATCH", "/destinations/d", {"settings": {"free": "new"}})["destination"]

    assert changed["settings"] == {"fixed": "as seeded", "free": "new"}


def test_secrets_inside_lists_and_objects_are_masked_one_by_one(
    segment: Client, segment_sandbox: SegmentSandbox
) -> None:
    entry = {"id": "mine", "options": [{"name": "headers", "type": "map"}], "secretOptions": ["headers"]}
    value = {"list": [SECRET, "short", ""], "number": 5, "flag": True, "nothing": None}
    segment_sandbox.seed(
        {"catalog": [entry], "destinations": [destination(metadataId="mine", settings={"headers": value})]}
    )

    shown = segment.data("GET", "/destinations/d")["destination"]["settings"]["headers"]

    mask = "\u2022" * 10
    assert shown == {"list": [MASKED, mask, ""], "number": mask, "flag": True, "nothing": None}


@pytest.mark.parametrize(
    ("name", "option_type", "listed", "shown"),
    [
        ("siteId", "string", True, MASKED),
        ("apiKey", "string", False, SECRET),
        ("privateKey", "string", False, SECRET),
        ("anything", "password", False, MASKED),
    ],
)
def test_the_catalog_entry_decides_what_is_secret_and_not_the_name(
    segment: Client, segment_sandbox: SegmentSandbox, name: str, option_type: str, listed: bool, shown: str
) -> None:
    entry: dict[str, Any] = {"id": "mine", "options": [{"name": name, "type": option_type}]}
    if listed:
        entry["secretOptions"] = [name]
    segment_sandbox.seed(
        {"catalog": [entry], "destinations": [destination(metadataId="mine", settings={name: SECRET})]}
    )

    assert segment.data("GET", "/destinations/d")["destination"]["settings"] == {name: shown}


@pytest.mark.parametrize(
    ("features", "status"),
    [
        ({"cloudModeInstances": "SINGLE"}, 400),
        ({"cloudModeInstances": "1", "deviceModeInstances": "0"}, 400),
        ({"cloudModeInstances": "NONE", "deviceModeInstances": "1"}, 400),
        ({"cloudModeInstances": "MULTIPLE", "deviceModeInstances": "SINGLE"}, 200),
    ],
)
def test_supported_features_decide_the_number_of_instances(
    segment: Client, segment_sandbox: SegmentSandbox, features: dict[str, str], status: int
) -> None:
    segment_sandbox.seed(
        {
            "catalog": [{"id": "mine", "supportedFeatures": features}],
            "destinations": [destination(metadataId="mine")],
        }
    )

    body = {"sourceId": WEB, "metadataId": "mine", "name": "second", "settings": {}}
    assert segment.send("POST", "/destinations", body).status_code == status


def test_seeded_destinations_have_subscriptions_and_no_list_lag(
    segment: Client, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.settings(list_lag_seconds=1e6)
    schedule = {"strategy": "MANUAL"}
    subscription = {"id": "s", "actionId": TRACK, "modelId": "m", "reverseETLSchedule": schedule, "enabled": False}
    segment_sandbox.seed({"destinations": [destination(name="n", enabled=False, subscriptions=[subscription])]})

    (found,) = segment.data("GET", "/destinations")["destinations"]
    (mapping,) = segment.data("GET", "/destinations/d/subscriptions")["subscriptions"]

    assert (found["name"], found["enabled"], found["settings"]["trackAllPages"]) == ("n", False, False)
    assert mapping == {
        "id": "s",
        "name": TRACK,
        "actionId": TRACK,
        "actionSlug": "trackEvent",
        "destinationId": "d",
        "enabled": False,
        "settings": {},
        "trigger": 'type = "track"',
        "modelId": "m",
        "reverseETLSchedule": schedule,
    }


@pytest.mark.parametrize(
    ("seed", "field"),
    [
        ({"sources": ["a"]}, "sources[0]"),
        ({"sources": [{}]}, "sources[0].id"),
        ({"sources": [{"id": 5}]}, "sources[0].id"),
        ({"sources": [{"id": "a"}, {"id": "a"}]}, "sources[1].id"),
        ({"catalog": [{"id": "a", "options": [{}]}]}, "catalog[0].options[0].name"),
        ({"catalog": [{"id": "a", "actions": [{"id": ""}]}]}, "catalog[0].actions[0].id"),
        ({"catalog": [{"id": "a", "actions": [5]}]}, "catalog[0].actions[0]"),
        ({"catalog": [{"id": "a", "secretOptions": [1]}]}, "catalog[0].secretOptions"),
        ({"destinations": [{"sourceId": WEB}]}, "destinations[0].metadataId"),
        ({"destinations": [destination(sourceId="x")]}, "destinations[0].sourceId"),
        ({"destinations": [destination(metadataId="x")]}, "destinations[0].metadataId"),
        ({"destinations": [destination(), destination()]}, "destinations[1].id"),
        ({"destinations": [destination(settings={"trackAllPages": 1})]}, "destinations[0]"),
        (
            {"destinations": [destination(subscriptions=[{"actionId": "x"}])]},
            "destinations[0].subscriptions[0].actionId",
        ),
        ({"sources": [], "destinations": [destination()]}, "destinations[0].sourceId"),
    ],
)
def test_an_invalid_seed_is_rejected_and_changes_nothing(
    segment: Client, segment_sandbox: SegmentSandbox, seed: object, field: str
) -> None:
    segment.create_destination()

    assert segment.errors("POST", "/_sandbox/reset", {"seed": seed}) == (422, [field])
    assert len(segment_sandbox.destinations) == 1


@pytest.fixture
def demo(segment: Client, segment_sandbox: SegmentSandbox) -> list[dict[str, Any]]:
    """The destinations of the demo seed, with their subscriptions."""
    segment_sandbox.seed("demo")
    return segment_sandbox.destinations


def test_the_demo_has_many_subscriptions_that_share_action_and_name(demo: list[dict[str, Any]]) -> None:
    """As a third of the subscriptions in public exports; some are apart by trigger, settings, model or id alone."""
    largest = max((one["subscriptions"] for one in demo), key=len)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in largest:
        groups.setdefault((one["actionId"], one["name"]), []).append(one)
    alike = [group for group in groups.values() if len(group) > 1]

    def differ(key: str) -> set[str]:
        return {name for name, group in named.items() if len({json.dumps(one[key]) for one in group}) > 1}

    named = {group[0]["name"]: group for group in alike}
    assert len(largest) >= 20
    assert differ("trigger") == {"Track Event"}
    assert differ("settings") == {"Track Purchases"}
    assert differ("modelId") == {"Warehouse Profiles"}
    assert named.keys() - differ("trigger") - differ("settings") - differ("modelId") == {"Sync Audience"}


def test_the_demo_has_the_keys_that_segment_adds(demo: list[dict[str, Any]]) -> None:
    settings = [one["settings"] for one in demo]
    mappings = [mapping["settings"] for one in demo for mapping in one["subscriptions"]]

    assert sum("dynamicAuthSettings" in one for one in settings) == 3
    assert any("oauth" in one.get("dynamicAuthSettings", {}) for one in settings)
    assert any({"enabled", "name"} <= one.keys() for one in settings)
    assert sum(any(key.startswith("__segment_internal_") for key in one) for one in mappings) == 4


def test_the_demo_has_secrets_with_and_without_a_tail_and_names_that_do_not_tell(demo: list[dict[str, Any]]) -> None:
    engage = demo[0]["settings"]

    assert engage["siteId"] == "\u2022" * 10 + "c07b"
    assert engage["accountId"] == "\u2022" * 10
    assert engage["projectToken"] == "public-project-token"


def test_the_demo_has_instances_with_different_keys_and_one_without_a_name(demo: list[dict[str, Any]]) -> None:
    production, staging = (one["settings"] for one in demo if one["metadata"]["id"] == "sandbox-engage")

    assert "region" in production
    assert "region" not in staging
    assert [one["id"] for one in demo if "name" not in one] == ["6512bd43d9caa6e02c990b03"]


def test_the_empty_seed_has_the_demos_catalog_and_no_destinations(
    segment: Client, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.seed("demo")
    catalog = segment.data("GET", "/catalog/destinations")
    segment_sandbox.seed("empty")

    assert segment.data("GET", "/catalog/destinations") == catalog
    assert segment_sandbox.destinations == []
