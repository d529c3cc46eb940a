"""Resolving slugs, step by step against a scripted driver: what is read, and what is read only once."""

from __future__ import annotations

import json
from typing import Any

from airflow_provider_segment.protocol.flow.steps import CallOptions, Outcome
from airflow_provider_segment.protocol.provisioning.destination import ensure_destination
from airflow_provider_segment.protocol.provisioning.identity import SubscriptionIdentity
from airflow_provider_segment.protocol.provisioning.references import ResolvedIds, resolve_action
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec
from airflow_provider_segment.protocol.wire.messages import Response
from tests.protocol.driver import ScriptedDriver

OPTIONS = CallOptions(connection="connection 'seg' to host", reconcile_timeout=1.0)
SPEC = DestinationSpec(source="website", destination_type="my-tool", name="mine", settings={})


def respond(key: str, value: Any) -> Outcome:
    return Response(status=200, body=json.dumps({"data": {key: value}}).encode())


def sources(*slugs: str) -> Outcome:
    fields = {"enabled": True, "workspaceId": "w"}
    return respond("sources", [{"id": f"id-of-{slug}", "slug": slug, **fields} for slug in slugs])


def record(metadata: dict[str, Any]) -> dict[str, Any]:
    fields = {"name": "mine", "enabled": True, "sourceId": "id-of-website", "settings": {}}
    return {"id": "d1", **fields, "metadata": metadata}


TOOL = {"id": "m1", "slug": "my-tool", "name": "My tool", "actions": [{"id": "a1", "slug": "trackEvent"}]}
LISTED, NOT_LISTED = respond("destinations", [record(TOOL)]), respond("destinations", [])


def test_a_retry_that_polls_resolves_once() -> None:
    driver = ScriptedDriver(
        [
            sources("shop", "website"),
            NOT_LISTED,
            respond("destinationsCatalog", [TOOL]),
            NOT_LISTED,
            NOT_LISTED,
            respond("destinationMetadata", TOOL),
            respond("destination", record(TOOL)),
            LISTED,
        ]
    )
    flow = ensure_destination(OPTIONS, spec=SPEC, if_exists="reuse", wait_for_pending=True)
    assert driver.run(flow).id == "d1"
    assert [request.path for request in driver.requests] == [
        "/sources",
        "/sources/id-of-website/connected-destinations",
        "/catalog/destinations",
        "/sources/id-of-website/connected-destinations",
        "/sources/id-of-website/connected-destinations",
        "/catalog/destinations/m1",
        "/destinations",
        "/sources/id-of-website/connected-destinations",
    ]
    posted = json.loads(driver.requests[6].body or b"")
    assert (posted["sourceId"], posted["metadataId"]) == ("id-of-website", "m1")


def test_the_log_says_which_object_a_slug_selects() -> None:
    driver = ScriptedDriver([sources("website"), LISTED])
    driver.run(ensure_destination(OPTIONS, spec=SPEC, if_exists="reuse"))
    assert driver.log_text.split("\n")[:2] == [
        "source 'website' has the id id-of-website",
        "destination type 'my-tool' has the id m1",
    ]


def test_an_id_is_not_logged() -> None:
    driver = ScriptedDriver([LISTED])
    spec = DestinationSpec(source_id="id-of-website", destination_type="m1", name="mine", settings={})
    driver.run(ensure_destination(OPTIONS, spec=spec, if_exists="reuse"))
    assert "has the id" not in driver.log_text


def test_an_action_is_looked_up_once() -> None:
    driver, ids = ScriptedDriver([respond("destination", record(TOOL))]), ResolvedIds()
    identity = SubscriptionIdentity(destination_id="d1", action="trackEvent", name="Track")
    assert driver.run(resolve_action(OPTIONS, identity, ids, [])) == "a1"
    assert driver.run(resolve_action(OPTIONS, identity, ids, [])) == "a1"
    assert len(driver.requests) == 1
