"""Questions that Segment's documentation leaves open, each with the requests that answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.real_workspace.api import Token, Workspace, free_text_options, is_suitable, unique_name

NO_ID = "000000000000000000000000"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a probe creates its destinations.

    :param source_id: the source.
    :param entry: the catalog entry of their type.
    """

    source_id: str
    entry: dict[str, Any]

    def body(self, **changes: Any) -> dict[str, Any]:
        """Return the body of a create: a disabled destination, which receives no data."""
        common = {"sourceId": self.source_id, "metadataId": self.entry["id"], "enabled": False, "settings": {}}
        return {**common, "name": unique_name(), **changes}


Probe = Callable[[Workspace, Place], str]


def find_place(workspace: Workspace, *, source_id: str | None = None) -> Place:
    """Find a source and a type that a probe can use.

    :param source_id: the source; by default the workspace's first.
    """
    source = source_id or next(workspace.pages("/sources", "sources"))["id"]
    connected = workspace.pages(f"/sources/{source}/connected-destinations", "destinations")
    used = {one["metadata"]["id"] for one in connected}
    entries = workspace.pages("/catalog/destinations", "destinationsCatalog")
    return Place(source_id=source, entry=next(one for one in entries if is_suitable(one) and one["id"] not in used))


def describe_error(response: Any) -> str:
    """Return the status and the first error of a response, or the beginning of another body."""
    try:
        body = response.json()
        error = body["errors"][0]
        return f"{response.status_code} {error}"
    except (ValueError, LookupError, TypeError):
        return f"{response.status_code} {response.text[:200]!r}"


def merge_or_replace(workspace: Workspace, place: Place) -> str:
    """Whether an update merges or replaces settings."""
    first, second = free_text_options(place.entry)[:2]
    created = workspace.create(place.body(settings={first: "probe-one"}))
    changed = workspace.data("PATCH", f"/destinations/{created['id']}", {"settings": {second: "probe-two"}})
    settings = changed["destination"]["settings"]
    return "merge" if settings.get(first) == created["settings"].get(first) else f"replace: {first} is gone or reset"


def unknown_setting(workspace: Workspace, place: Place) -> str:
    """What happens to a settings key that the type does not have."""
    response = workspace.try_create(place.body(settings={"airflowProviderProbe": "x"}))
    if response.status_code >= 300:
        return f"refused: {describe_error(response)}"
    settings = response.json()["data"]["destination"]["settings"]
    return "stored" if settings.get("airflowProviderProbe") == "x" else "ignored"


def added_settings(workspace: Workspace, place: Place) -> str:
    """Which keys the settings of a new destination have beyond those sent."""
    created = workspace.create(place.body())
    with_default = {option["name"] for option in place.entry["options"] if "defaultValue" in option}
    added = created["settings"].keys()
    return f"{len(added & with_default)} of {len(with_default)} defaults; others: {sorted(added - with_default)}"


def no_name(workspace: Workspace, place: Place) -> str:
    """How a destination without a name is shown, and one whose name is set to null."""
    body = place.body()
    del body["name"]
    created = workspace.create(body)
    shown = repr(created["name"]) if "name" in created else "absent"
    workspace.remove_created()  # or it would have the name that the other one is to get
    named = workspace.create(place.body())
    reset = workspace.send("PATCH", f"/destinations/{named['id']}", {"name": None})
    if reset.status_code >= 300:
        return f"{shown}; null: {describe_error(reset)}"
    after = reset.json()["data"]["destination"]
    return f"{shown}; null: {after.get('name', 'absent')!r}"


def duplicate_name(workspace: Workspace, place: Place) -> str:
    """How a second destination with the same name is refused."""
    body = place.body()
    workspace.create(body)
    response = workspace.try_create(body)
    return "allowed" if response.status_code < 300 else f"refused: {describe_error(response)}"


def list_order(workspace: Workspace, place: Place) -> str:
    """Where new destinations appear in lists, and whether connected-destinations lists disabled ones."""
    ids = [workspace.create(place.body())["id"] for _ in range(2)]
    order = _order([one["id"] for one in workspace.pages("/destinations", "destinations")], ids)
    path = f"/sources/{place.source_id}/connected-destinations"
    connected = {one["id"] for one in workspace.pages(path, "destinations")}
    return f"{order}; disabled ones are {'' if connected.issuperset(ids) else 'not '}listed as connected"


def _order(listed: list[str], ids: list[str]) -> str:
    if not set(ids) <= set(listed):
        return "new ones are not listed at once"
    if listed[-2:] == ids:
        return "oldest first"
    return "newest first" if listed[:2] == ids[::-1] else f"at {[listed.index(one) for one in ids]} of {len(listed)}"


def error_bodies(workspace: Workspace, place: Place) -> str:
    """How errors look."""
    bad_cursor: dict[str, Any] = {"pagination[count]": "1", "pagination[cursor]": "no-cursor"}
    responses = {
        "wrong token": workspace.send("GET", "/", token=Token("no-such-token")),
        "no such destination": workspace.send("GET", f"/destinations/{NO_ID}"),
        "no such path": workspace.send("GET", "/no-such-path"),
        "missing fields": workspace.send("POST", "/destinations", {}),
        "bad cursor": workspace.send("GET", "/destinations", **bad_cursor),
    }
    return "; ".join(f"{name}: {describe_error(response)}" for name, response in responses.items())


def range_errors(workspace: Workspace, place: Place) -> str:
    """How the delivery metrics refuse a window that is too long, starts too early, or ends before it starts."""
    path = f"/destinations/{workspace.create(place.body())['id']}/delivery-metrics"
    now = datetime.now(UTC)
    windows = {"too long": (5, 0), "too early": (50, 49), "reversed": (1, 2)}
    answers = []
    for name, (start, end) in windows.items():
        since, until = ((now - timedelta(hours=hours)).isoformat() for hours in (start, end))
        response = workspace.send(
            "GET", path, sourceId=place.source_id, granularity="MINUTE", startTime=since, endTime=until
        )
        answers.append(f"{name}: {'accepted' if response.status_code < 300 else describe_error(response)}")
    return "; ".join(answers)


def rate_limit_headers(workspace: Workspace, place: Place) -> str:
    """The rate limit headers of a success."""
    headers = workspace.send("GET", "/").headers
    return ", ".join(f"{name}: {value}" for name, value in headers.items() if "ratelimit" in name.lower()) or "none"


PROBES: Mapping[str, Probe] = {
    "settings of an update": merge_or_replace,
    "unknown settings": unknown_setting,
    "settings of a new destination": added_settings,
    "unset names": no_name,
    "duplicate names": duplicate_name,
    "order of lists": list_order,
    "error bodies": error_bodies,
    "range errors": range_errors,
    "rate limit headers": rate_limit_headers,
}


def learn(workspace: Workspace, place: Place) -> dict[str, str]:
    """Answer all questions; one that cannot be answered does not keep the others from it."""
    learned = {}
    for question, probe in PROBES.items():
        try:
            learned[question] = probe(workspace, place)
        except AssertionError as error:
            learned[question] = f"not answered: {error}"
        workspace.remove_created()
    return learned
