"""Slugs instead of ids: what the operators resolve, with which requests, and what they say if they cannot."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.exceptions import SegmentNotFoundError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.filter import SegmentCreateFilterOperator
from airflow_provider_segment.operators.subscription import (
    SegmentCreateSubscriptionOperator,
    SegmentDeleteSubscriptionOperator,
    SegmentUpdateSubscriptionOperator,
)
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.request_log import methods_and_paths
from tests.running import Running

SEED: dict[str, Any] = {
    "sources": [{"id": "src-1", "slug": "website"}, {"id": "src-2", "slug": "shop"}, {"id": "shop", "slug": "odd"}],
    "catalog": [
        {
            "id": "type-1",
            "slug": "my-tool",
            "options": [{"name": "apiKey"}],
            "actions": [{"id": "act-1", "slug": "trackEvent"}, {"id": "act-2", "slug": "identifyUser"}],
        },
        {"id": "type-2", "slug": "my-other-tool"},
        {"id": "my-other-tool", "slug": "odd-tool"},
    ],
}
SOURCES = "GET /sources"
CONNECTED = "GET /sources/src-1/connected-destinations"
CATALOG = "GET /catalog/destinations"
ENTRY = "GET /catalog/destinations/type-1"
TRACK = 'type = "track"'
IDENTITY = {"source": "website", "destination_type": "my-tool", "name": "mine"}


@pytest.fixture
def sandbox(segment_sandbox: SegmentSandbox) -> SegmentSandbox:
    segment_sandbox.seed(SEED)
    return segment_sandbox


def create(**changes: Any) -> SegmentCreateDestinationOperator:
    arguments: dict[str, Any] = {"task_id": "create", **IDENTITY, "settings": {"apiKey": "k"}}
    return SegmentCreateDestinationOperator(**arguments | changes)


def apply(**changes: Any) -> SegmentApplyDestinationOperator:
    arguments: dict[str, Any] = {"task_id": "apply", **IDENTITY, "settings": {"apiKey": "k"}}
    return SegmentApplyDestinationOperator(**arguments | changes)


def subscribe(destination_id: str, **changes: Any) -> SegmentCreateSubscriptionOperator:
    arguments: dict[str, Any] = {"task_id": "s", "name": "Track", "action": "trackEvent", "trigger": TRACK}
    return SegmentCreateSubscriptionOperator(**arguments | {"destination_id": destination_id} | changes)


def requests_of(sandbox: SegmentSandbox, running: Running, task: Any) -> tuple[Any, list[str]]:
    """Run a task, and return its result and its requests."""
    before = len(sandbox.requests)
    result = running.run(task)
    return result, methods_and_paths(sandbox)[before:]


def message_of(running: Running, task: Any) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the tests compare the whole message
        running.run(task)
    return str(raised.value)


def test_a_destination_of_a_new_type_takes_the_sources_and_the_catalog(
    running: Running, sandbox: SegmentSandbox
) -> None:
    made, sent = requests_of(sandbox, running, create())
    (found,) = sandbox.destinations
    assert (found["id"], found["sourceId"], found["metadata"]["id"]) == (made, "src-1", "type-1")
    assert sent == [SOURCES, CONNECTED, CATALOG, ENTRY, "POST /destinations", CONNECTED]


def test_a_type_that_the_source_has_is_resolved_without_the_catalog(running: Running, sandbox: SegmentSandbox) -> None:
    first = running.run(create())
    assert requests_of(sandbox, running, create()) == (first, [SOURCES, CONNECTED])
    assert requests_of(sandbox, running, create(source=None, source_id="src-1")) == (first, [CONNECTED])
    another, sent = requests_of(sandbox, running, create(name="another"))
    assert another != first
    assert sent == [SOURCES, CONNECTED, "POST /destinations", CONNECTED]


def test_an_id_works_where_a_slug_does(running: Running, sandbox: SegmentSandbox) -> None:
    first = running.run(create(source="src-1", destination_type="type-1"))
    assert running.run(create()) == first
    by_id = create(source=None, source_id="src-1", destination_type=None, metadata_id="type-1")
    assert requests_of(sandbox, running, by_id) == (first, [CONNECTED])


def test_update_and_delete_select_by_slug(running: Running, sandbox: SegmentSandbox) -> None:
    made = running.run(create())
    update = SegmentUpdateDestinationOperator(task_id="u", **IDENTITY, enabled=False)
    assert requests_of(sandbox, running, update) == (made, [SOURCES, CONNECTED, f"PATCH /destinations/{made}"])
    assert sandbox.destinations[0]["enabled"] is False
    rename = SegmentUpdateDestinationOperator(task_id="r", **IDENTITY, new_name="ours")
    assert running.run(rename) == made
    with pytest.raises(SegmentNotFoundError) as raised:
        running.run(update)
    assert str(raised.value) == "there is no destination 'mine' of type my-tool on source website"
    delete = SegmentDeleteDestinationOperator(task_id="d", **IDENTITY | {"name": "ours"})
    assert running.run(delete) == made
    assert requests_of(sandbox, running, delete) == (None, [SOURCES, CONNECTED, CATALOG])


def test_a_slug_that_no_type_has_is_no_reason_to_delete_nothing(running: Running, sandbox: SegmentSandbox) -> None:
    running.run(create())
    task = SegmentDeleteDestinationOperator(task_id="d", **IDENTITY | {"destination_type": "my-tol"})
    assert message_of(running, task).startswith("there is no destination type with the slug or id 'my-tol'")
    assert len(sandbox.destinations) == 1


def test_apply_describes_by_slugs(running: Running, sandbox: SegmentSandbox) -> None:
    entries = [
        {"name": "Track", "action": "trackEvent", "trigger": TRACK},
        {"name": "Identify", "action_id": "act-2", "trigger": 'type = "identify"'},
    ]
    task = apply(subscriptions=entries)
    summary, sent = requests_of(sandbox, running, task)
    assert [one["action_id"] for one in summary["subscriptions"]] == ["act-1", "act-2"]
    assert sent[:5] == [SOURCES, CONNECTED, CATALOG, ENTRY, "POST /destinations"]
    (made,) = sandbox.destinations
    assert [one["actionId"] for one in made["subscriptions"]] == ["act-1", "act-2"]
    subscriptions = f"GET /destinations/{made['id']}/subscriptions"
    assert requests_of(sandbox, running, task)[1] == [SOURCES, CONNECTED, subscriptions]


def test_apply_reads_the_actions_of_a_new_destination_from_another_of_its_type(
    running: Running, sandbox: SegmentSandbox
) -> None:
    running.run(create(name="another"))
    entries = [{"name": "Track", "action": "trackEvent", "trigger": TRACK}]
    _, sent = requests_of(sandbox, running, apply(subscriptions=entries))
    assert sent[:3] == [SOURCES, CONNECTED, "POST /destinations"]


def test_apply_by_id_checks_the_named_source_and_type(running: Running, sandbox: SegmentSandbox) -> None:
    made = running.run(create())
    summary, sent = requests_of(sandbox, running, apply(destination_id=made, name="ours"))
    assert summary["changed"] == ["name"]
    assert sent == [f"GET /destinations/{made}", SOURCES, f"PATCH /destinations/{made}"]
    assert message_of(running, apply(destination_id=made, source="odd")) == (
        f"source 'odd' is 'shop', but destination {made} has 'src-1'; Segment can't change this, so describe a new"
        " destination instead"
    )
    assert message_of(running, apply(destination_id=made, source_id="shop", source=None)).startswith(
        f"source_id is 'shop', but destination {made} has 'src-1'"
    )


def test_an_existing_subscription_is_found_with_one_request(running: Running, sandbox: SegmentSandbox) -> None:
    made = running.run(create())
    read, path = f"GET /destinations/{made}", f"/destinations/{made}/subscriptions"
    listing, posted = f"GET {path}", f"POST {path}"
    first, sent = requests_of(sandbox, running, subscribe(made))
    assert sent == [listing, read, posted, listing]
    assert requests_of(sandbox, running, subscribe(made)) == (first, [listing])
    assert requests_of(sandbox, running, subscribe(made, name="More"))[1] == [listing, read, posted, listing]
    update = SegmentUpdateSubscriptionOperator(
        task_id="u", destination_id=made, action="trackEvent", name="Track", enabled=False
    )
    assert requests_of(sandbox, running, update) == (
        first,
        [listing, f"PATCH /destinations/{made}/subscriptions/{first}"],
    )
    delete = SegmentDeleteSubscriptionOperator(task_id="d", destination_id=made, action="act-1", name="Track")
    assert running.run(delete) == first
    assert [one["name"] for one in sandbox.destinations[0]["subscriptions"]] == ["More"]


def test_a_subscription_of_a_deleted_destination_is_deleted_too(running: Running, sandbox: SegmentSandbox) -> None:
    task = SegmentDeleteSubscriptionOperator(task_id="d", destination_id="gone", action="trackEvent", name="Track")
    assert requests_of(sandbox, running, task) == (None, ["GET /destinations/gone/subscriptions"])


def test_a_filter_is_created_with_the_source_by_slug(running: Running, sandbox: SegmentSandbox) -> None:
    made = running.run(create())
    drop: dict[str, Any] = {"title": "drop", "condition": TRACK, "actions": [{"type": "DROP"}]}
    running.run(SegmentCreateFilterOperator(task_id="f", destination_id=made, source="website", **drop))
    assert [one["sourceId"] for one in sandbox.destinations[0]["filters"]] == ["src-1"]


@pytest.mark.parametrize("make", [create, apply])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "websit"}, "there is no source with the slug or id 'websit'; did you mean 'website'?"),
        (
            {"source": "nothing-like-it"},
            "there is no source with the slug or id 'nothing-like-it'; known: odd, shop, website",
        ),
        (
            {"source": "shop"},
            "source 'shop' is ambiguous: it is the slug of the source with the id src-2 and the id of a different"
            " source; select the first by its id, or the second by its slug",
        ),
        (
            {"destination_type": "my-tol"},
            "there is no destination type with the slug or id 'my-tol'; did you mean 'my-tool' or 'my-other-tool'?",
        ),
        (
            {"destination_type": "my-other-tool"},
            "destination type 'my-other-tool' is ambiguous: it is the slug of the destination type with the id type-2"
            " and the id of a different destination type; select the first by its id, or the second by its slug",
        ),
    ],
)
def test_what_cannot_be_resolved_is_an_error_with_candidates(
    running: Running, sandbox: SegmentSandbox, make: Any, changes: dict[str, str], message: str
) -> None:
    assert message_of(running, make(**changes)) == message
    assert {one["method"] for one in sandbox.requests} == {"GET"}


def test_an_unknown_action_is_an_error_with_candidates(running: Running, sandbox: SegmentSandbox) -> None:
    message = "there is no action with the slug or id 'trakEvent'; did you mean 'trackEvent'?"
    entries = [
        {"name": "Identify", "action": "identifyUser", "trigger": 'type = "identify"'},
        {"name": "Track", "action": "trakEvent", "trigger": TRACK},
    ]
    assert message_of(running, apply(subscriptions=entries)) == f"subscriptions[1]['action']: {message}"
    assert sandbox.destinations == []  # before anything is created
    made = running.run(create())
    assert message_of(running, subscribe(made, action="trakEvent")) == message
    assert message_of(running, apply(subscriptions=entries)) == f"subscriptions[1]['action']: {message}"


BOTH = "can't be combined; pass only one, and check default_args too."


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        (
            create,
            {"source_id": "src-1"},
            f"source and source_id {BOTH} source takes a slug or an id, source_id only an id",
        ),
        (
            apply,
            {"metadata_id": "{{ params.type }}"},
            f"destination_type and metadata_id {BOTH} destination_type takes a slug or an id, metadata_id only an id",
        ),
        (
            lambda **changes: subscribe("d", **changes),
            {"action_id": "act-1"},
            f"action and action_id {BOTH} action takes a slug or an id, action_id only an id",
        ),
        (
            apply,
            {"subscriptions": [{"name": "n", "action": "a", "action_id": "a", "trigger": "t"}]},
            "subscriptions[0]: action and action_id can't be combined; set only action, which takes a slug or an id",
        ),
        (
            create,
            {"source": None},
            "neither source nor source_id is set; source takes a slug or an id, source_id only an id",
        ),
        (
            lambda **changes: subscribe("d", **changes),
            {"action": None},
            "neither action nor action_id is set; action takes a slug or an id, action_id only an id",
        ),
        (create, {"source": " "}, "source is empty; it must be a slug or an id"),
        (create, {"source": 5}, "source is 5; it must be a slug or an id"),
        (create, {"source": "s" * 256}, "source has 256 characters; a slug or an id has 1 to 255"),
    ],
)
def test_two_forms_or_none_is_an_error_when_the_dag_is_parsed(make: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        make(**changes)
    task, _, text = str(raised.value).partition(": ")
    assert (task.startswith("task "), text) == (True, message)


def test_a_slug_that_a_template_leaves_empty_is_an_error(running: Running, sandbox: SegmentSandbox) -> None:
    message = message_of(running, create(source="{{ params.missing }}"))
    assert "source" in message
    assert sandbox.requests == []
