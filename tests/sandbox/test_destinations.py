from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, CLASSIC, MASKED, SECRET, WEB, Client


def test_create_fills_in_the_defaults_of_the_catalog(segment: Client) -> None:
    destination = segment.create_destination()

    assert destination["enabled"] is True
    assert destination["name"] == "first"
    assert destination["sourceId"] == WEB
    assert destination["metadata"]["id"] == ANALYTICS
    assert destination["settings"]["trackAllPages"] is False
    assert destination["settings"]["eventUploadThreshold"] == 30
    assert destination["settings"]["secretKey"] == ""
    assert len(destination["settings"]) > 10


def test_a_created_destination_can_be_read_and_listed(segment: Client) -> None:
    created = segment.create_destination(enabled=False)

    assert segment.data("GET", f"/destinations/{created['id']}")["destination"] == created
    assert segment.data("GET", "/destinations")["destinations"] == [created]
    assert segment.data("GET", f"/sources/{WEB}/connected-destinations")["destinations"] == [created]


def test_a_destination_has_only_the_documented_keys(segment: Client) -> None:
    assert set(segment.create_destination()) == {"id", "name", "enabled", "metadata", "sourceId", "settings"}


def test_create_needs_no_name_and_ignores_unknown_keys(segment: Client) -> None:
    body = {"sourceId": WEB, "metadataId": ANALYTICS, "settings": {}, "connectionMode": "CLOUD"}

    destination = segment.data("POST", "/destinations", body)["destination"]

    assert "name" not in destination
    assert "apiKey" not in destination["settings"]


@pytest.mark.parametrize(("unnamed", "shown"), [("absent", {}), ("empty", {"name": ""})])
def test_a_destination_without_a_name_has_no_name_or_an_empty_one(
    segment: Client, segment_sandbox: SegmentSandbox, unnamed: str, shown: dict[str, str]
) -> None:
    segment_sandbox.settings(unnamed=unnamed)
    body = {"sourceId": WEB, "metadataId": ANALYTICS, "settings": {}}
    path = f"/destinations/{segment.data('POST', '/destinations', body)['destination']['id']}"

    reads = [
        segment.data("GET", path)["destination"],
        segment.data("GET", "/destinations")["destinations"][0],
        segment.data("GET", f"/sources/{WEB}/connected-destinations")["destinations"][0],
        segment_sandbox.destinations[0],
        segment.data("PATCH", path, {"name": ""})["destination"],
    ]

    assert [{key: read[key] for key in read.keys() & {"name"}} for read in reads] == [shown] * 5


def test_create_names_every_invalid_field(segment: Client) -> None:
    assert segment.errors("POST", "/destinations", {"enabled": 1, "name": None}) == (
        422,
        ["sourceId", "metadataId", "settings", "enabled", "name"],
    )


@pytest.mark.parametrize(("field", "value"), [("sourceId", "none"), ("metadataId", "none")])
def test_create_with_an_unknown_reference_returns_404(segment: Client, field: str, value: str) -> None:
    body = {"sourceId": WEB, "metadataId": ANALYTICS, "settings": {}, field: value}

    assert segment.errors("POST", "/destinations", body) == (404, [field])


def test_update_changes_only_the_fields_sent(segment: Client) -> None:
    destination = segment.create_destination()
    path = f"/destinations/{destination['id']}"

    assert segment.data("PATCH", path, {"enabled": False})["destination"] == {**destination, "enabled": False}
    assert segment.data("PATCH", path, {"name": "second"})["destination"]["name"] == "second"
    assert "name" not in segment.data("PATCH", path, {"name": None})["destination"]
    assert segment.data("PATCH", path, {})["destination"]["settings"] == destination["settings"]


def test_update_ignores_unknown_keys(segment: Client) -> None:
    destination = segment.create_destination()

    body = {"destinationId": destination["id"], "enabled": False, "sourceId": "elsewhere"}
    changed = segment.data("PATCH", f"/destinations/{destination['id']}", body)["destination"]

    assert changed == {**destination, "enabled": False}


def test_delete_also_deletes_the_subscriptions(segment: Client) -> None:
    destination = segment.create_destination()
    subscription = segment.create_subscription(destination["id"])
    path = f"/destinations/{destination['id']}"

    assert segment.data("DELETE", path) == {"status": "SUCCESS"}

    assert segment.errors("GET", path)[0] == 404
    assert segment.errors("DELETE", path)[0] == 404
    assert segment.errors("GET", f"{path}/subscriptions/{subscription['id']}")[0] == 404
    assert segment.data("GET", "/destinations")["destinations"] == []
    assert segment.send("GET", "/_sandbox/").json()["subscriptionCount"] == 0


def test_update_merges_settings_by_key(segment: Client) -> None:
    destination = segment.create_destination()

    body = {"settings": {"trackAllPages": True, "endpoint": None}}
    changed = segment.data("PATCH", f"/destinations/{destination['id']}", body)["destination"]

    assert changed["settings"] == {**destination["settings"], "trackAllPages": True}


def test_update_can_be_switched_to_replace_settings(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(settings_update="replace")
    destination = segment.create_destination(settings={"apiKey": SECRET, "trackAllPages": True})

    body = {"settings": {"region": "eu"}}
    changed = segment.data("PATCH", f"/destinations/{destination['id']}", body)["destination"]["settings"]

    assert changed["region"] == "eu"
    assert changed["trackAllPages"] is False
    assert "apiKey" not in changed


@pytest.mark.parametrize(
    ("secret", "shown"),
    [(SECRET, MASKED), ("12345678", "\u2022" * 10), ("123456789", "\u2022" * 10 + "6789"), ("", "")],
)
@pytest.mark.parametrize("option", ["apiKey", "secretKey"])
def test_secrets_are_masked_in_every_response(segment: Client, option: str, secret: str, shown: str) -> None:
    created = segment.create_destination(settings={option: secret})

    path = f"/destinations/{created['id']}"
    reads = [
        created,
        segment.data("GET", path)["destination"],
        segment.data("PATCH", path, {"enabled": False})["destination"],
        segment.data("GET", "/destinations")["destinations"][0],
        segment.data("GET", f"/sources/{WEB}/connected-destinations")["destinations"][0],
    ]

    assert [read["settings"][option] for read in reads] == [shown] * 5


def test_sending_back_the_masked_value_keeps_the_secret(segment: Client) -> None:
    # The mask of a short secret is bullets only. Taken as a new secret, they would be masked with four at the end.
    destination = segment.create_destination(settings={"apiKey": "short"})
    mask = destination["settings"]["apiKey"]

    changed = segment.data("PATCH", f"/destinations/{destination['id']}", {"settings": {"apiKey": mask}})

    assert mask == "\u2022" * 10
    assert changed["destination"] == destination


def test_another_string_with_bullets_is_a_new_secret(segment: Client) -> None:
    destination = segment.create_destination()

    body = {"settings": {"apiKey": "\u2022" * 10 + "-new"}}
    changed = segment.data("PATCH", f"/destinations/{destination['id']}", body)["destination"]

    assert changed["settings"]["apiKey"] == "\u2022" * 10 + "-new"


def test_updating_only_read_only_settings_returns_400(segment: Client) -> None:
    destination = segment.create_destination()

    body = {"settings": {"externalId": "mine"}}
    assert segment.errors("PATCH", f"/destinations/{destination['id']}", body)[0] == 400


@pytest.mark.parametrize("rest", [{"settings": {"region": "eu"}}, {"name": "second"}, {"enabled": False}])
def test_update_ignores_read_only_settings_among_others(segment: Client, rest: dict[str, object]) -> None:
    destination = segment.create_destination()
    settings = {"externalId": "mine", **rest.get("settings", {})}  # type: ignore[dict-item]

    changed = segment.data("PATCH", f"/destinations/{destination['id']}", {**rest, "settings": settings})["destination"]

    assert changed["settings"]["externalId"] == "sandbox-workspace"
    assert changed != destination


def test_create_ignores_read_only_settings(segment: Client) -> None:
    assert segment.create_destination(settings={"externalId": "mine"})["settings"]["externalId"] == "sandbox-workspace"


def test_settings_unknown_to_the_catalog_are_stored_and_returned(segment: Client) -> None:
    destination = segment.create_destination(settings={"apiKey": SECRET, "invented": 1})
    path = f"/destinations/{destination['id']}"

    changed = segment.data("PATCH", path, {"settings": {"enabled": True, "invented": {"a": 2}}})["destination"]

    assert destination["settings"]["invented"] == 1
    assert changed["settings"] == {**destination["settings"], "enabled": True, "invented": {"a": 2}}
    assert segment.data("GET", path)["destination"] == changed


def test_segment_adds_auth_settings_to_types_with_actions(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(settings_update="replace")
    destination = segment.create_destination(settings={"dynamicAuthSettings": {"configId": "mine"}})
    path = f"/destinations/{destination['id']}"
    classic = segment.create_destination(metadataId=CLASSIC, settings={"trackingId": "T-1"})

    changed = segment.data("PATCH", path, {"settings": {"region": "eu"}})["destination"]

    added = destination["settings"]["dynamicAuthSettings"]
    assert added.keys() == {"configId"}
    assert added["configId"] not in ("", "mine")
    assert changed["settings"]["dynamicAuthSettings"] == added
    assert segment.errors("PATCH", path, {"settings": {"dynamicAuthSettings": {}}})[0] == 400
    assert "dynamicAuthSettings" not in classic["settings"]


def test_settings_of_the_wrong_type_return_422(segment: Client) -> None:
    destination = segment.create_destination()

    body = {"settings": {"trackAllPages": "yes", "apiKey": 5, "eventNames": {}}}
    assert segment.errors("PATCH", f"/destinations/{destination['id']}", body) == (
        422,
        ["trackAllPages", "apiKey"],
    )


def test_an_error_about_a_setting_describes_the_option(segment: Client) -> None:
    path = f"/destinations/{segment.create_destination()['id']}"

    (error,) = segment.send("PATCH", path, {"settings": {"trackAllPages": "yes"}}).json()["errors"]

    options = {option["name"]: option for option in segment.data("GET", path)["destination"]["metadata"]["options"]}
    assert error == {
        "type": "input-validation",
        "message": '"trackAllPages" must be a boolean',
        "field": "trackAllPages",
        "data": {"description": options["trackAllPages"]["description"], "type": "boolean"},
    }


def test_a_message_quotes_the_last_part_of_the_path(segment: Client) -> None:
    (error,) = segment.send("GET", "/destinations?pagination.cursor=MA==").json()["errors"]

    assert error == {"type": "input-validation", "message": '"count" is required', "field": "pagination.count"}


def test_a_second_instance_of_a_single_instance_type_returns_400(segment: Client) -> None:
    segment.create_destination(metadataId=CLASSIC, settings={"trackingId": "T-1"})

    body = {"sourceId": WEB, "metadataId": CLASSIC, "settings": {"trackingId": "T-2"}}
    response = segment.send("POST", "/destinations", body)

    assert response.status_code == 400
    assert response.json() == {
        "errors": [
            {
                "type": "bad-request",
                "message": "Multiple configurations of this destination type not supported.",
            }
        ]
    }
    assert len(segment.data("GET", "/destinations")["destinations"]) == 1


def test_other_types_allow_instances_up_to_a_maximum(segment: Client) -> None:
    for number in range(25):
        segment.create_destination(name=f"number {number}")

    body = {"sourceId": WEB, "metadataId": ANALYTICS, "settings": {}}
    assert segment.errors("POST", "/destinations", body) == (400, [None])


def test_duplicate_names_are_refused(segment: Client) -> None:
    segment.create_destination()
    second = segment.create_destination(name="second")

    body = {"sourceId": WEB, "metadataId": ANALYTICS, "name": "first", "settings": {}}
    assert segment.errors("POST", "/destinations", body) == (422, ["name"])
    assert segment.errors("PATCH", f"/destinations/{second['id']}", {"name": "first"}) == (422, ["name"])
    assert segment.create_destination(name="third")["name"] == "third"


def test_names_may_repeat_on_other_sources_and_types(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"sources": [{"id": WEB}, {"id": "shop"}]})
    for source, kind in ((WEB, ANALYTICS), ("shop", ANALYTICS), (WEB, CLASSIC)):
        assert segment.create_destination(sourceId=source, metadataId=kind, settings={})["name"] == "first"


def test_an_update_may_keep_the_name(segment: Client) -> None:
    path = f"/destinations/{segment.create_destination()['id']}"

    assert segment.data("PATCH", path, {"name": "first", "enabled": False})["destination"]["enabled"] is False


@pytest.mark.parametrize("status", [400, 409])
def test_the_status_that_refuses_a_duplicate_name_can_be_set(
    segment: Client, segment_sandbox: SegmentSandbox, status: int
) -> None:
    segment_sandbox.settings(duplicate_name_status=status)
    segment.create_destination()

    body = {"sourceId": WEB, "metadataId": ANALYTICS, "name": "first", "settings": {}}
    assert segment.errors("POST", "/destinations", body) == (status, ["name"])


def test_duplicate_names_can_be_allowed(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(duplicate_names="allow")

    assert segment.create_destination()["name"] == segment.create_destination()["name"]
