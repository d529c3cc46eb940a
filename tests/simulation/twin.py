"""A sandbox that repeats a history of the model, request by request, over a socket, with the history's clock."""

from __future__ import annotations

import http.client
import math
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.responses import Response as StarletteResponse

from airflow_provider_segment.protocol.flow.steps import Outcome
from airflow_provider_segment.protocol.wire.messages import Request, RequestFailure, Response
from airflow_provider_segment.sandbox.clock import Clock, DelayedCalls
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.faults import parse_fault
from airflow_provider_segment.sandbox.server import SandboxServer
from airflow_provider_segment.sandbox.settings import Settings
from airflow_provider_segment.sandbox.state.seed import parse_seed
from tests.simulation.catalog import CATALOG, SOURCES
from tests.simulation.faults import APPLIED_LATE, Fault
from tests.simulation.history import Stage
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record, shown
from tests.simulation.world import START, ViolationError

_TOKEN = "twin"
_HEADERS = ("retry-after", "x-ratelimit-consumed", "x-ratelimit-remaining", "x-ratelimit-reset")
_ENTRY = ("id", "name", "slug", "status", "actions")
_ACTION = ("id", "slug")
_CUT = {
    "metadata": ("id", "name", "slug", "status"),
    "destinationMetadata": _ENTRY,
    "destinationsCatalog": _ENTRY,
    "sources": ("id", "slug"),
}
"""What is compared of the records under a key."""


class _Held(DelayedCalls):
    """Delayed calls that run when the history says so."""

    def __init__(self) -> None:
        super().__init__()
        self.works: list[Callable[[], object]] = []

    def schedule(self, seconds: float, call: Callable[[], object]) -> None:
        self.works.append(call)


class Twin:
    """A sandbox for many histories, one after another."""

    def __init__(self) -> None:
        self.compared = 0
        self._now = START
        self._held = _Held()
        self._late: dict[int, list[Callable[[], object]]] = {}
        self._ids: dict[str, str] = {}
        self._sandbox = Sandbox(token=_TOKEN, seed=parse_seed("empty"), clock=Clock(base=lambda: self._now))
        self._sandbox.delayed_calls = self._held
        self.server = SandboxServer(sandbox=self._sandbox)

    def begin(self, stage: Stage) -> Callable[[Request, Fault, Outcome], None]:
        """Seed the sandbox with the objects of the model.

        :return: a function to call for each request.
        """
        segment = stage.segment
        self._now = stage.world.now
        self._sandbox.change_settings(
            Settings(
                deliveries_per_minute=0,
                duplicate_names="allow",  # the model's Segment does: a harder one to create exactly one object in
                list_lag_seconds=segment.lag,
                settings_update="replace" if segment.replace else "merge",
                subscription_write_limit_per_minute=segment.write_limit,
            )
        )
        self._sandbox.reset(parse_seed({"sources": SOURCES, "catalog": CATALOG, "destinations": list(_seed(segment))}))
        self._held.works.clear()
        self._late.clear()
        self._ids = self._pairs(segment)

        def observe(request: Request, fault: Fault, outcome: Outcome) -> None:
            self._now = stage.world.now
            self._repeat(segment, request, fault, outcome)
            self.compared += 1

        return observe

    def _repeat(self, segment: Segment, request: Request, fault: Fault, outcome: Outcome) -> None:
        if fault is APPLIED_LATE:
            response = self._late[id(request)].pop(0)()
            if not isinstance(response, StarletteResponse):
                raise TypeError("the sandbox returns responses")
            seen: Outcome = Response(
                status=response.status_code, headers=dict(response.headers), body=bytes(response.body)
            )
        else:
            if fault.sandbox is not None:
                self._sandbox.faults.add(parse_fault(fault.sandbox))
            seen = self._send(request)
            if fault.kind == "late":
                self._late.setdefault(id(request), []).append(self._held.works.pop())
        self._ids |= self._pairs(segment)
        model_ids = {new: old for old, new in self._ids.items()}
        if _normalised(seen, model_ids) != _normalised(outcome, {}):
            raise ViolationError(
                f"{request.method} {request.path} [{fault.kind}]: the model says {_normalised(outcome, {})},"
                f" the sandbox {_normalised(seen, model_ids)}"
            )

    def _send(self, request: Request) -> Outcome:
        target = _renamed(request.target, self._ids)
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)
        try:
            headers = {**request.headers, "Authorization": f"Bearer {_TOKEN}"}
            connection.request(request.method, target, request.body, headers)
            response = connection.getresponse()
            body = response.read()
            names = {name.lower(): value for name, value in response.headers.items()}
            return Response(status=response.status, headers=names, body=body)
        except (http.client.HTTPException, ConnectionError):
            return RequestFailure(reason="reset", sent=True)
        finally:
            connection.close()

    def _pairs(self, segment: Segment) -> dict[str, str]:
        """Map the model's ids to the sandbox's; both keep objects in the order of creation."""
        workspace = self._sandbox.workspace
        pairs = dict(zip(segment.destinations, (one.id for one in workspace.destinations()), strict=True))
        for model_id, sandbox_id in list(pairs.items()):
            mine = [record["id"] for record in segment.subscriptions_of(model_id)]
            pairs |= zip(mine, (one.id for one in workspace.subscriptions.of(sandbox_id)), strict=True)
            mine = [record["id"] for record in segment.filters_of(model_id)]
            pairs |= zip(mine, (one.id for one in workspace.filters.of(sandbox_id)), strict=True)
        return pairs


def _seed(segment: Segment) -> Iterator[Record]:
    for record in segment.destinations.values():
        subscriptions = [
            {key: value for key, value in shown(one).items() if key not in ("destinationId", "actionSlug")}
            for one in segment.subscriptions_of(record["id"])
        ]
        filters = [
            {key: value for key, value in shown(one).items() if key not in ("destinationId", "sourceId")}
            for one in segment.filters_of(record["id"])
        ]
        plain = {key: value for key, value in record.items() if not _is_date(value)}
        yield plain | {"subscriptions": subscriptions, "filters": filters}


def _is_date(value: Any) -> bool:
    return isinstance(value, float) and math.isinf(value)


def _normalised(outcome: Outcome, ids: dict[str, str]) -> Any:
    """Return what can be compared: the status, the rate limit headers, and the body with the model's ids."""
    if isinstance(outcome, RequestFailure):
        return "no response"
    headers = {name: outcome.headers[name] for name in _HEADERS if name in outcome.headers}
    if outcome.body.startswith(b"<"):
        return outcome.status, headers, "a page"
    return outcome.status, headers, _cut(msgspec.json.decode(_renamed(outcome.body.decode(), ids)))


def _renamed(text: str, ids: dict[str, str]) -> str:
    for old, new in ids.items():
        text = text.replace(old, new)
    return text


def _cut(value: Any) -> Any:
    """Leave out most of sources and catalog entries, the times of filters, and ids that cannot be known."""
    if isinstance(value, list):
        return [_cut(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _cut_record(item, _CUT[key]) if key in _CUT else _cut(item)
        for key, item in value.items()
        if key not in ("createdAt", "updatedAt", "configId")
    }


def _cut_record(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_cut_record(item, names) for item in value]
    return {name: _cut_record(value[name], _ACTION) if name == "actions" else value[name] for name in names}
