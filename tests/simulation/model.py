"""Segment in memory: how it processes one request at one time; without faults and without waiting."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from typing import Any
from urllib.parse import unquote

import msgspec

from airflow_provider_segment.protocol.wire.messages import Request, Response
from tests.simulation.catalog import CATALOG, SOURCES
from tests.simulation.model_responses import (
    Record,
    RefusedError,
    error_object,
    find,
    page,
    rate_limited,
    response,
    shown,
)
from tests.simulation.setting_values import DestinationType

WINDOW = 60.0
_TYPES = {record["id"]: DestinationType(record) for record in CATALOG}
DUPLICATE_NAME = "Another instance of this destination on this source has the same name"
REFUSED_TRIGGER = "nonsense"
_POINTS = 1000
"""What is left in a window of calls without a limit counts down from this."""


@dataclass(kw_only=True)
class Segment:
    """A workspace. Objects are stored as the API returns them, except for secrets and ``createdAt``.

    :param lag: seconds until lists show a new object.
    :param lists_lag_in_all: whether lists also show changes and removals late; the sandbox's don't.
    :param replace: whether an update replaces settings or merges into them.
    :param write_limit: calls a minute to each of the three writes on subscriptions.
    :param refuses_duplicates: whether it refuses a second destination with the same source, type and name.
    :param hidden: settings of destinations that it stores, but does not return.
    :param names: returns the name that it stores for the name of a new destination.
    :param refuses_triggers: whether it refuses :data:`REFUSED_TRIGGER`; the sandbox does not.
    :param after_each: called after each request, to check an invariant.
    :param sources: its sources.
    :param types: the catalog, by id.
    """

    lag: float = 0.0
    lists_lag_in_all: bool = False
    replace: bool = False
    write_limit: int | None = 5
    refuses_duplicates: bool = False
    hidden: frozenset[str] = frozenset()
    names: Callable[[str], str] = str
    refuses_triggers: bool = False
    destinations: dict[str, Record] = field(default_factory=dict)
    subscriptions: dict[str, Record] = field(default_factory=dict)
    filters: dict[str, Record] = field(default_factory=dict)
    after_each: Callable[[], None] | None = None
    sources: list[Record] = field(default_factory=lambda: SOURCES)
    types: dict[str, DestinationType] = field(default_factory=lambda: _TYPES)
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)
    _past: list[tuple[float, dict[str, Record]]] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: count(1))

    def handle(self, request: Request, now: float) -> Response:
        """Process a request, completely or not at all.

        :param now: seconds since 1970.
        """
        if self.lists_lag_in_all and not self._past:
            self._remember(-math.inf)
        result = self._process(request, now)
        if self.lists_lag_in_all and request.method != "GET":
            self._remember(now)
        if self.after_each is not None:
            self.after_each()
        return result

    def _process(self, request: Request, now: float) -> Response:
        headers = {"date": formatdate(now, usegmt=True)}
        try:
            for method, pattern, limited, operation in _ROUTES:
                match = pattern.fullmatch(request.path)
                if method == request.method and match is not None:
                    if limited:
                        headers |= self._spend(operation.__name__, self.write_limit, now)
                    else:
                        headers |= self._spend("all others", None, now)
                    ids = [unquote(part) for part in match.groups()]
                    body = msgspec.json.decode(request.body) if request.body else {}
                    data = operation(self, *ids, body, now, dict(request.query))
                    return response(200, {"data": data}, headers)
            raise RefusedError(404, "Resource not found")
        except RefusedError as refused:
            return response(refused.status, {"errors": [error_object(refused)]}, headers | refused.headers)

    def add_destination(self, values: Record, *, now: float = -math.inf) -> Record:
        """Add a destination to the workspace."""
        record = {"id": f"d{next(self._numbers):05}", **copy.deepcopy(values), "createdAt": now}
        self.destinations[record["id"]] = record
        return record

    def add_subscription(self, values: Record, *, now: float = -math.inf) -> Record:
        """Add a subscription to the workspace."""
        record = {"id": f"s{next(self._numbers):05}", **copy.deepcopy(values), "createdAt": now}
        self.subscriptions[record["id"]] = record
        return record

    def subscriptions_of(self, destination_id: str) -> list[Record]:
        """Return the subscriptions of a destination, oldest first."""
        return [record for record in self.subscriptions.values() if record["destinationId"] == destination_id]

    def add_filter(self, values: Record, *, now: float = -math.inf) -> Record:
        """Add a filter to the workspace."""
        record = {"id": f"f{next(self._numbers):05}", **copy.deepcopy(values), "createdAt": now}
        self.filters[record["id"]] = record
        return record

    def filters_of(self, destination_id: str) -> list[Record]:
        """Return the filters of a destination, oldest first."""
        return [record for record in self.filters.values() if record["destinationId"] == destination_id]

    def _spend(self, bucket: str, limit: int | None, now: float) -> dict[str, str]:
        since, used = self._windows.get(bucket, (-math.inf, 0))
        if now >= since + WINDOW:
            since, used = now, 0
        self._windows[bucket] = since, used + 1
        left = max(1, _POINTS - used - 1) if limit is None else max(0, limit - used - 1)
        headers = {
            "x-ratelimit-consumed": str(used + 1),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": formatdate(math.ceil(since + WINDOW), usegmt=True),
        }
        if limit is not None and used + 1 > limit:
            raise rate_limited(left=since + WINDOW - now, consumed=used + 1, headers=headers)
        return headers

    # --- sources and the catalog

    def _list_sources(self, _body: Record, _now: float, query: dict[str, str]) -> Record:
        plain = {"enabled": True, "workspaceId": "w"}
        return page(self.sources, query, "sources", lambda source: {"slug": source["id"], **source, **plain})

    def _list_catalog(self, _body: Record, _now: float, query: dict[str, str]) -> Record:
        return page(list(self.types.values()), query, "destinationsCatalog", lambda kind: dict(kind.record))

    # --- destinations

    def _list_destinations(self, _body: Record, now: float, query: dict[str, str]) -> Record:
        listed = self._visible(self.destinations.values(), now, lambda record: "metadataId" in record)
        return page(listed, query, "destinations", self._shown_destination)

    def _get_metadata(self, metadata_id: str, *_: Any) -> Record:
        if metadata_id not in self.types:
            raise RefusedError(404, "Resource not found")
        return {"destinationMetadata": _shown_type(self.types[metadata_id])}

    def _list_connected(self, source_id: str, _body: Record, now: float, query: dict[str, str]) -> Record:
        if source_id not in {source["id"] for source in self.sources}:
            raise RefusedError(404, "Resource not found")
        listed = self._visible(
            self.destinations.values(), now, lambda record: "metadataId" in record and record["sourceId"] == source_id
        )
        return page(listed, query, "destinations", self._shown_destination)

    def _create_destination(self, body: Record, now: float, _query: dict[str, str]) -> Record:
        if body["metadataId"] not in self.types:
            raise RefusedError(404, "Destination metadata not found", field="metadataId")
        kind = self.types[body["metadataId"]]
        settings = kind.created(body["settings"])
        if kind.single_instance and any(
            (other["sourceId"], other["metadataId"]) == (body["sourceId"], body["metadataId"])
            for other in self.destinations.values()
        ):
            raise RefusedError(400, "Multiple configurations of this destination type not supported.")
        identity = {key: body[key] for key in ("sourceId", "metadataId", "name")}
        if self.refuses_duplicates and any(other | identity == other for other in self.destinations.values()):
            raise RefusedError(409, DUPLICATE_NAME, field="name")
        record = self.add_destination(body | {"settings": settings, "name": self.names(body["name"])}, now=now)
        return {"destination": self._shown_destination(record)}

    def _get_destination(self, destination_id: str, *_: Any) -> Record:
        return {"destination": self._shown_destination(find(self.destinations, destination_id))}

    def _update_destination(self, destination_id: str, body: Record, *_: Any) -> Record:
        record = find(self.destinations, destination_id)
        if "settings" in body:
            kind = self.types[record["metadataId"]]
            alone = body.keys() == {"settings"}
            settings = kind.updated(record["settings"], body["settings"], replace=self.replace, alone=alone)
            body = body | {"settings": settings}
        record.update(body)
        return {"destination": self._shown_destination(record)}

    def _delete_destination(self, destination_id: str, *_: Any) -> Record:
        find(self.destinations, destination_id)
        for subscription in self.subscriptions_of(destination_id):
            del self.subscriptions[subscription["id"]]
        for one in self.filters_of(destination_id):
            del self.filters[one["id"]]
        del self.destinations[destination_id]
        return {"status": "SUCCESS"}

    # --- subscriptions

    def _list_subscriptions(self, destination_id: str, _body: Record, now: float, query: dict[str, str]) -> Record:
        find(self.destinations, destination_id)
        listed = self._visible(
            self.subscriptions.values(),
            now,
            _belongs("trigger", "destinationId", destination_id),
        )
        return page(listed, query, "subscriptions", shown)

    def _create_subscription(self, destination_id: str, body: Record, now: float, _query: dict[str, str]) -> Record:
        actions = self.types[find(self.destinations, destination_id)["metadataId"]].actions
        if body["actionId"] not in actions:
            raise RefusedError(404, "Action not found", field="actionId")
        if self.refuses_triggers and body["trigger"] == REFUSED_TRIGGER:
            raise RefusedError(422, "the trigger is not a statement", field="trigger")
        named = {"destinationId": destination_id, "actionSlug": actions[body["actionId"]]}
        record = self.add_subscription({"settings": {}, "modelId": ""} | body | named, now=now)
        return {"destinationSubscription": shown(record)}

    def _get_subscription(self, destination_id: str, subscription_id: str, *_: Any) -> Record:
        return {"subscription": shown(self._find_subscription(destination_id, subscription_id))}

    def _update_subscription(self, destination_id: str, subscription_id: str, body: Record, *_: Any) -> Record:
        record = self._find_subscription(destination_id, subscription_id)
        changes = dict(body["input"])
        if "settings" in changes:
            given = {key: value for key, value in changes["settings"].items() if value is not None}
            changes["settings"] = given if self.replace else record["settings"] | given
        if "reverseETLModelId" in changes:
            changes["modelId"] = changes.pop("reverseETLModelId")
        record.update(changes)
        return {"subscription": shown(record)}

    def _remove_subscription(self, destination_id: str, subscription_id: str, *_: Any) -> Record:
        del self.subscriptions[self._find_subscription(destination_id, subscription_id)["id"]]
        return {"status": "SUCCESS"}

    # --- filters

    def _list_filters(self, destination_id: str, _body: Record, now: float, query: dict[str, str]) -> Record:
        find(self.destinations, destination_id)
        listed = self._visible(self.filters.values(), now, _belongs("title", "destinationId", destination_id))
        return page(listed, query, "filters", shown)

    def _create_filter(self, destination_id: str, body: Record, now: float, _query: dict[str, str]) -> Record:
        if find(self.destinations, destination_id)["sourceId"] != body["sourceId"]:
            raise RefusedError(404, "Source not found", field="sourceId")
        return {"filter": shown(self.add_filter(body | {"destinationId": destination_id}, now=now))}

    def _get_filter(self, destination_id: str, filter_id: str, *_: Any) -> Record:
        return {"filter": shown(self._find_child(self.filters, destination_id, filter_id))}

    def _update_filter(self, destination_id: str, filter_id: str, body: Record, *_: Any) -> Record:
        record = self._find_child(self.filters, destination_id, filter_id)
        record.update(body)
        if record.get("description") is None:
            record.pop("description", None)
        return {"filter": shown(record)}

    def _remove_filter(self, destination_id: str, filter_id: str, *_: Any) -> Record:
        del self.filters[self._find_child(self.filters, destination_id, filter_id)["id"]]
        return {"status": "SUCCESS"}

    def _find_subscription(self, destination_id: str, subscription_id: str) -> Record:
        return self._find_child(self.subscriptions, destination_id, subscription_id)

    def _find_child(self, children: dict[str, Record], destination_id: str, child_id: str) -> Record:
        find(self.destinations, destination_id)
        record = find(children, child_id)
        if record["destinationId"] != destination_id:
            raise RefusedError(404, "Resource not found")
        return record

    def _visible(self, records: Iterable[Record], now: float, belongs: Callable[[Record], bool]) -> list[Record]:
        """Return the records that a list shows."""
        if not self.lists_lag_in_all:
            return [record for record in records if belongs(record) and record["createdAt"] + self.lag <= now]
        return [record for record in self._as_they_were(now).values() if belongs(record)]

    def _as_they_were(self, now: float) -> dict[str, Record]:
        """Return all objects as they were ``lag`` seconds ago."""
        return next(records for moment, records in reversed(self._past) if moment + self.lag <= now)

    def _remember(self, now: float) -> None:
        self._past.append((now, copy.deepcopy(self.destinations | self.subscriptions | self.filters)))

    def _shown_destination(self, record: Record) -> Record:
        kind = self.types[record["metadataId"]]
        settings = {key: value for key, value in kind.shown(record["settings"]).items() if key not in self.hidden}
        return shown(record) | {"metadata": _shown_type(kind), "settings": settings}


def _shown_type(kind: DestinationType) -> Record:
    return {key: kind.record[key] for key in _METADATA}


def _belongs(kind: str, parent: str, parent_id: str) -> Callable[[Record], bool]:
    """Return whether a record is of a kind, by a key that only this kind has, and has a parent."""
    return lambda record: kind in record and record[parent] == parent_id


_METADATA = ("id", "name", "slug", "status", "options", "actions", "supportedFeatures")
_OPERATIONS: list[tuple[str, str, Callable[..., Record]]] = [
    ("GET", "/sources", Segment._list_sources),
    ("GET", "/catalog/destinations", Segment._list_catalog),
    ("GET", "/catalog/destinations/*", Segment._get_metadata),
    ("GET", "/sources/*/connected-destinations", Segment._list_connected),
    ("GET", "/destinations", Segment._list_destinations),
    ("POST", "/destinations", Segment._create_destination),
    ("GET", "/destinations/*", Segment._get_destination),
    ("PATCH", "/destinations/*", Segment._update_destination),
    ("DELETE", "/destinations/*", Segment._delete_destination),
    ("GET", "/destinations/*/subscriptions", Segment._list_subscriptions),
    ("POST", "/destinations/*/subscriptions", Segment._create_subscription),
    ("GET", "/destinations/*/subscriptions/*", Segment._get_subscription),
    ("PATCH", "/destinations/*/subscriptions/*", Segment._update_subscription),
    ("DELETE", "/destinations/*/subscriptions/*", Segment._remove_subscription),
    ("GET", "/destination/*/filters", Segment._list_filters),
    ("POST", "/destination/*/filters", Segment._create_filter),
    ("GET", "/destination/*/filters/*", Segment._get_filter),
    ("PATCH", "/destination/*/filters/*", Segment._update_filter),
    ("DELETE", "/destination/*/filters/*", Segment._remove_filter),
]
_ROUTES = [
    (method, re.compile(path.replace("*", "([^/]+)")), "/subscriptions" in path and method != "GET", operation)
    for method, path, operation in _OPERATIONS
]
