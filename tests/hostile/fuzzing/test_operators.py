"""Hostile ids, names and settings through the operators, as templates render them, against the sandbox.

``make fuzz`` draws 5,000. The sandbox has objects with these ids, so that the calls succeed. Its journal records
the paths, and a relay in front of it every request, byte by byte.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from hypothesis import strategies as st

from airflow_provider_segment.exceptions import SegmentError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.base import SegmentOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.filter import (
    SegmentCreateFilterOperator,
    SegmentDeleteFilterOperator,
    SegmentUpdateFilterOperator,
)
from airflow_provider_segment.operators.subscription import (
    SegmentCreateSubscriptionOperator,
    SegmentDeleteSubscriptionOperator,
    SegmentUpdateSubscriptionOperator,
)
from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.hostile.fuzzing.drawn_arguments import hostile_strings, ids, maybe_ids, settings
from tests.hostile.fuzzing.examples import try_each
from tests.hostile.fuzzing.relay import Sent, read_all, relaying
from tests.hostile.server import Server, serving
from tests.running import Running
from tests.scale import chunk_name, chunks

COUNT = 50
CONNECTION = "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT"
HOME = {
    "source": "source",
    "metadata": "metadata",
    "action": "action",
    "destination": "d",
    "subscription": "s",
    "filter": "f",
}
HEADERS = {
    "accept",
    "accept-encoding",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "user-agent",
}
QUERIES = {"", "pagination%5Bcount%5D=200"}
UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
"""https://www.rfc-editor.org/rfc/rfc3986#section-2.3"""
NOUNS = {"source": "source", "destination_type": "metadata", "action": "action"}
"""What the arguments that take slugs name; in these workspaces, slugs are ids."""
CHOICES = {"if_exists": ["reuse", "update", "fail"], "on_error": ["continue", "stop"]}
AS_JSON = {"settings", "subscriptions", "actions", "destinations"}

OPERATORS: dict[type[SegmentOperator], tuple[set[str], ...]] = {
    SegmentCreateDestinationOperator: (
        {"source_id", "metadata_id", "name", "settings", "if_exists"},
        {"source", "destination_type", "name", "settings", "if_exists"},
    ),
    SegmentUpdateDestinationOperator: (
        {"destination_id", "new_name", "settings"},
        {"source_id", "metadata_id", "name", "settings"},
        {"source", "destination_type", "name", "settings"},
    ),
    SegmentDeleteDestinationOperator: ({"destination_id"}, {"source", "metadata_id", "name"}),
    SegmentCreateSubscriptionOperator: (
        {"destination_id", "action_id", "name", "trigger", "settings", "model_id", "if_exists"},
        {"destination_id", "action", "name", "trigger", "settings", "if_exists"},
    ),
    SegmentUpdateSubscriptionOperator: (
        {"destination_id", "subscription_id", "new_name", "trigger", "settings"},
        {"destination_id", "action_id", "name", "settings"},
    ),
    SegmentDeleteSubscriptionOperator: (
        {"destination_id", "subscription_id"},
        {"destination_id", "action", "name"},
    ),
    SegmentCreateFilterOperator: ({"destination_id", "title", "condition", "actions", "description", "if_exists"},),
    SegmentUpdateFilterOperator: (
        {"destination_id", "filter_id", "new_title", "condition", "description"},
        {"destination_id", "title", "actions"},
    ),
    SegmentDeleteFilterOperator: ({"destination_id", "filter_id"}, {"destination_id", "title"}),
    SegmentApplyDestinationOperator: (
        {"source_id", "metadata_id", "name", "settings", "subscriptions"},
        {"source", "destination_type", "name", "settings", "subscriptions"},
        {"destination_id", "source_id", "metadata_id", "name", "settings", "subscriptions"},
    ),
    SegmentApplyWorkspaceOperator: ({"destinations"}, {"destinations", "on_error"}),
}


def seed_of(known: Mapping[str, str], name: str) -> dict[str, Any]:
    """Return the seed of a workspace whose objects have these ids."""
    subscription = {"id": known["subscription"], "actionId": known["action"], "name": name}
    one_filter = {"id": known["filter"], "title": name, "actions": [{"type": "DROP"}]}
    return {
        "sources": [{"id": known["source"]}],
        "catalog": [{"id": known["metadata"], "actions": [{"id": known["action"]}]}],
        "destinations": [
            {
                "id": known["destination"],
                "sourceId": known["source"],
                "metadataId": known["metadata"],
                "name": name,
                "subscriptions": [subscription],
                "filters": [one_filter],
            }
        ],
    }


@st.composite
def workspaces(draw: st.DrawFn) -> tuple[dict[str, str], str]:
    """Draw the ids of the sandbox's objects, and the name of both."""
    return {noun: draw(st.one_of(st.just(plain), ids)) for noun, plain in HOME.items()}, draw(hostile_strings)


@st.composite
def descriptions(draw: st.DrawFn, known: Mapping[str, str], name: str) -> dict[str, Any]:
    """Draw the description of a destination, which often exists."""

    def known_or_not(noun: str) -> Any:
        return draw(st.one_of(*[st.just(known[noun])] * 8, maybe_ids.filter(lambda one: not isinstance(one, bytes))))

    names = st.one_of(st.just(name), st.just("tidy"), hostile_strings)
    described = {"source": known_or_not("source"), "type": known_or_not("metadata"), "name": draw(names)}
    if draw(st.booleans()):
        one = {"action": known["action"], "name": draw(names), "trigger": draw(hostile_strings)}
        described["subscriptions"] = [one | {"settings": draw(settings)}]
    if draw(st.booleans()):
        described["settings"] = draw(settings)
    if draw(st.booleans()):
        described["filters"] = [{"title": draw(names), "condition": "all", "actions": [{"type": "DROP"}]}]
    optional = {"id": known_or_not("destination"), "previous_name": draw(names), "removed": True}
    return described | {key: optional[key] for key in draw(st.sets(st.sampled_from([*optional]), max_size=1))}


@st.composite
def arguments(draw: st.DrawFn, names: set[str], known: Mapping[str, str], name: str) -> dict[str, Any]:
    """Draw arguments that often refer to existing objects."""

    def known_or_not(noun: str) -> Any:
        return draw(st.one_of(st.just(known[noun]), st.just(known[noun]), maybe_ids))

    made: dict[str, Any] = {}
    for argument in sorted(names):
        if argument == "settings":
            made[argument] = draw(settings)
        elif argument == "subscriptions":
            action = {draw(st.sampled_from(["action", "action_id"])): known["action"]}
            one = {"name": draw(hostile_strings), "trigger": draw(hostile_strings)} | action
            made[argument] = [one | {"settings": draw(settings)}] * draw(st.integers(0, 1))
        elif argument == "destinations":
            made[argument] = draw(st.lists(descriptions(known, name), min_size=1, max_size=2))
        elif argument == "actions":
            made[argument] = [{"type": "DROP_PROPERTIES", "fields": {draw(hostile_strings): [draw(hostile_strings)]}}]
        elif argument == "condition":
            made[argument] = draw(st.one_of(st.sampled_from(["all", "type = 'track'"]), hostile_strings))
        elif argument in CHOICES:
            made[argument] = draw(st.sampled_from(CHOICES[argument]))
        elif argument in NOUNS or (argument.endswith("_id") and argument != "model_id"):
            made[argument] = known_or_not(NOUNS.get(argument, argument.removesuffix("_id")))
        else:
            # Often a name that any object may get, since one with whitespace around it is refused for a new object.
            made[argument] = draw(st.one_of(st.just(name), st.just("tidy"), hostile_strings))
    return made


def segment(text: str) -> str:
    """Return an id as one path segment, encoded independently of the package."""
    return "".join(chr(byte) if chr(byte) in UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def allowed_requests(values: Mapping[str, Any], sandbox: SegmentSandbox, before: list[dict[str, Any]]) -> set[str]:
    """Return all requests that may be made with these arguments."""
    if "destinations" in values:
        return {"GET /sources"}.union(*(allowed_requests(one, sandbox, before) for one in entries_of(values)))
    there = [*before, *sandbox.destinations]
    destinations = {each["id"] for each in there} | ids_in(values, "destination_id")
    subscriptions = {sub["id"] for each in there for sub in each["subscriptions"]} | ids_in(values, "subscription_id")
    filters = {one["id"] for each in there for one in each["filters"]} | ids_in(values, "filter_id")
    sources = ids_in(values, "source_id") | ids_in(values, "source")
    types = ids_in(values, "metadata_id") | ids_in(values, "destination_type")
    paths = {"POST /destinations", "GET /catalog/destinations"} | ({"GET /sources"} if "source" in values else set())
    paths |= {f"GET /sources/{segment(id)}/connected-destinations" for id in sources}
    paths |= {f"GET /catalog/destinations/{segment(id)}" for id in types}
    for id in destinations:
        one = f"/destinations/{segment(id)}"
        paths |= {f"{method} {one}" for method in ("GET", "PATCH", "DELETE")}
        paths |= {f"{method} {one}/subscriptions" for method in ("GET", "POST")}
        for sub in subscriptions:
            paths |= {f"{method} {one}/subscriptions/{segment(sub)}" for method in ("GET", "PATCH", "DELETE")}
        paths |= {f"{method} /destination/{segment(id)}/filters" for method in ("GET", "POST")}
        for each in filters:
            item = f"/destination/{segment(id)}/filters/{segment(each)}"
            paths |= {f"{method} {item}" for method in ("GET", "PATCH", "DELETE")}
    return paths


def entries_of(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the described destinations with the names of the operators' arguments."""
    return [
        {"source": one["source"], "destination_type": one["type"], "destination_id": one.get("id")}
        for one in values["destinations"]
    ]


def ids_in(values: Mapping[str, Any], argument: str) -> set[str]:
    """Return the id in an argument, if it is a valid one."""
    value = values.get(argument)
    return {value} if isinstance(value, str) and value not in {"", ".", ".."} and "\ud800" not in value else set()


def check_requests(sandbox: SegmentSandbox, sent: list[Sent], allowed: set[str]) -> None:
    """Check that only allowed requests were sent, with nothing added to the path, the query or the headers."""
    requests = [(f"{entry['method']} {entry['path']}", entry["query"]) for entry in sandbox.requests]
    assert {line for line, _ in requests} <= allowed
    assert {query for _, query in requests} <= QUERIES
    assert [each.line for each in sent] == [f"{line}{'?' if query else ''}{query} HTTP/1.1" for line, query in requests]
    for each in sent:
        assert set(each.headers) <= HEADERS
        assert {len(values) for values in each.headers.values()} == {1}
        assert each.headers["authorization"] == [f"Bearer {sandbox.token}"]
        assert each.headers["accept-encoding"] == ["identity"]


def without_none(value: Any) -> Any:
    """Return a JSON value without the keys of ``None``, at any depth."""
    if isinstance(value, Mapping):
        return {key: without_none(inner) for key, inner in value.items() if inner is not None}
    return [without_none(inner) for inner in value] if isinstance(value, list | tuple) else value


def check_settings_sent(operator: type[SegmentOperator], sent: list[Sent], values: Mapping[str, Any]) -> None:
    """Check that a write carries exactly the given settings; a create leaves out what is ``None``."""
    if operator is SegmentApplyWorkspaceOperator:
        entries = values["destinations"]
        described = [*entries, *(sub for one in entries for sub in one.get("subscriptions", ()))]
        wanted = [one.get("settings") for one in described]
    elif operator is SegmentApplyDestinationOperator:
        wanted = [values["settings"], *(each["settings"] for each in values["subscriptions"])]
    else:
        wanted = [values.get("settings")]
    created = [without_none(one or {}) for one in wanted]
    for each in sent:
        body = each.json.get("input", each.json) if each.line.startswith(("POST", "PATCH")) else {}
        if "settings" in body:
            assert body["settings"] in (created if each.line.startswith("POST") else wanted)


def check_settings_stored(stored: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Check that Segment has what was sent; it masks secrets by their names, and null means absent."""
    for key, value in given.items():
        if "\u2022" not in str(stored.get(key)):
            assert without_none(stored.get(key)) == without_none(value)


def check_result(operator: type[SegmentOperator], sandbox: SegmentSandbox, result: Any, values: Any) -> None:
    """Check that a successful task did what its arguments say."""
    there = {each["id"]: each for each in sandbox.destinations}
    if operator is SegmentApplyWorkspaceOperator:
        for one, done in zip(values["destinations"], result["destinations"], strict=True):
            check_described(one, done, there)
    elif operator is SegmentDeleteDestinationOperator:
        assert values.get("destination_id") not in there
    elif operator is SegmentDeleteSubscriptionOperator:
        subscriptions = there.get(values["destination_id"], {"subscriptions": []})["subscriptions"]
        assert values.get("subscription_id") not in {sub["id"] for sub in subscriptions}
    elif operator in {SegmentCreateFilterOperator, SegmentUpdateFilterOperator, SegmentDeleteFilterOperator}:
        check_filters(operator, there.get(values["destination_id"], {"filters": []})["filters"], result, values)
    elif operator is SegmentApplyDestinationOperator:
        made = there[result["destination_id"]]
        assert made["name"] == values["name"]
        # A key that Segment does not return counts as unchanged.
        check_settings_stored(
            made["settings"], {key: values["settings"][key] for key in values["settings"].keys() & made["settings"]}
        )
    elif operator in {SegmentUpdateDestinationOperator, SegmentCreateDestinationOperator}:
        if values.get("if_exists") != "reuse":
            check_settings_stored(there[result]["settings"], values["settings"])
        assert there[result]["name"] == values.get("new_name", values.get("name", there[result]["name"]))
    else:
        subscriptions = {sub["id"]: sub for sub in there[values["destination_id"]]["subscriptions"]}
        if values.get("if_exists") != "reuse":
            check_settings_stored(subscriptions[result]["settings"], values["settings"])


def check_described(one: Mapping[str, Any], done: Mapping[str, Any], there: Mapping[str, Any]) -> None:
    """Check that the result of a described destination says what is in Segment."""
    if one.get("removed"):
        assert done["destination_id"] not in there
        return
    made = there[done["destination_id"]]
    assert made["name"] == one["name"]
    described = one.get("settings", {})
    check_settings_stored(made["settings"], {key: described[key] for key in described.keys() & made["settings"]})
    assert {sub["name"] for sub in made["subscriptions"]} >= {sub["name"] for sub in one.get("subscriptions", ())}
    assert {block["title"] for block in made["filters"]} >= {block["title"] for block in one.get("filters", ())}


def check_filters(operator: type[SegmentOperator], filters: list[Any], result: Any, values: Any) -> None:
    """Check that a successful task about a filter did what its arguments say."""
    by_id = {each["id"]: each for each in filters}
    if operator is SegmentDeleteFilterOperator:
        assert values.get("filter_id") not in by_id
        return
    if values.get("if_exists") != "reuse" and "actions" in values:
        assert by_id[result]["actions"] == values["actions"]
    assert by_id[result]["title"] == values.get("new_title", values.get("title", by_id[result]["title"]))


def templated(values: Mapping[str, Any]) -> dict[str, str]:
    """Return every argument as a template: templates are where unchecked values come from."""
    return {name: f"{{{{ given.{name}{' | tojson' if name in AS_JSON else ''} }}}}" for name in values}


def rendered(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as templates render them."""
    return {name: value if name in AS_JSON else str(value) for name, value in values.items()}


def run(
    running: Running, operator: Callable[..., SegmentOperator], values: Mapping[str, Any], *, by_template: bool
) -> Any:
    if by_template:
        return running.run(operator(task_id="task", **templated(values)), given=values)
    task = operator(task_id="task", **values)
    # Values as from XCom, not rendered: in a literal, Jinja would normalise line breaks.
    execute: Any = inspect.unwrap(type(task).execute)
    return execute(task, running.context)


@pytest.fixture
def relay(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    port = urlsplit(segment_sandbox.url).port
    assert port is not None
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    with serving(relaying(to=port)) as server:
        uri = segment_sandbox.conn_uri.replace(str(port), str(server.port))
        monkeypatch.setenv(CONNECTION, f"{uri}/?retry_budget=0&reconcile_timeout=0&timeout=20")
        yield server


@pytest.mark.parametrize("seeds", chunks(COUNT, size=50), ids=chunk_name)
def test_only_the_allowed_requests_are_sent(
    seeds: range, running: Running, segment_sandbox: SegmentSandbox, relay: Server
) -> None:
    ends: Counter[str] = Counter()

    def check(data: st.DataObject) -> None:
        operator = data.draw(st.sampled_from(list(OPERATORS)))
        known, name = data.draw(workspaces())
        try:
            segment_sandbox.seed(seed_of(known, name))
        except (ValueError, UnicodeEncodeError):  # not a valid id in any workspace
            known, name = HOME, "name"
            segment_sandbox.seed(seed_of(known, name))
        values = data.draw(arguments(data.draw(st.sampled_from(OPERATORS[operator])), known, name))
        by_template = data.draw(st.booleans())
        taken = rendered(values) if by_template else values
        before = segment_sandbox.destinations
        relay.requests.clear()
        try:
            result = run(running, operator, values, by_template=by_template)
        except (ValueError, SegmentError, AirflowFailException) as error:
            ends[type(error).__name__] += 1
            result = None
        else:
            ends["done"] += 1
            check_result(operator, segment_sandbox, result, taken)
        sent = list(read_all(relay.requests))
        check_requests(segment_sandbox, sent, allowed_requests(taken, segment_sandbox, before))
        check_settings_sent(operator, sent, taken)

    try_each(seeds, check)
    print(dict(ends))  # noqa: T201
    # Otherwise only errors would have been tested. Hypothesis varies one example several times, so pieces differ.
    assert ends["done"] > len(seeds) // 20
