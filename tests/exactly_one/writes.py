"""Every write of every provisioning operator: the objects before, the task, and the expected objects after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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

State = dict[str, Any]

TRACK = 'type = "track"'
IDENTIFY = 'type = "identify"'
SCHEDULE = {"strategy": "PERIODIC", "config": {"interval": "15m"}}
KEY = "0123456789abcdef"
_IDENTITY = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "mine"}
_SUBSCRIPTION = {"destination_id": "dest-1", "action_id": "sandbox-track", "name": "Track"}
_FILTER = {"destination_id": "dest-1", "title": "No emails"}
_DESTINATION = "/destinations/dest-1"
_FILTERS = "/destination/dest-1/filters"
NO_EMAILS = [{"type": "DROP_PROPERTIES", "fields": {"context.traits": ["email"]}}]
DROP = [{"type": "DROP"}]


@dataclass(frozen=True, kw_only=True)
class Write:
    """One write.

    :param name: for people.
    :param method: of the request that gets the fault.
    :param path: glob for its path.
    :param task: returns a new operator, from the arguments all operators share.
    :param after: the expected objects, except for the bystander; settings that are not named don't matter.
    :param before: the objects before.
    :param creates: how many objects are created, and so how many POSTs are applied.
    :param targets: how many objects are written by requests under ``path``.
    :param repeatable: whether a further run of the finished task finds everything as described, and writes nothing.
    """

    name: str
    method: str
    path: str
    task: Callable[[dict[str, Any]], SegmentOperator]
    after: Sequence[Mapping[str, Any]]
    before: Sequence[Mapping[str, Any]] = ()
    creates: int = 0
    targets: int = 1
    repeatable: bool = True


@dataclass(frozen=True)
class _Task:
    kind: type[SegmentOperator]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, common: dict[str, Any]) -> SegmentOperator:
        return self.kind(**self.arguments, **common)


def destination(*subscriptions: State, **changes: Any) -> State:
    """Return a destination in the format of a seed."""
    plain = {
        "id": "dest-1",
        "sourceId": "sandbox-web",
        "metadataId": "sandbox-analytics",
        "name": "mine",
        "enabled": True,
        "settings": {"apiKey": KEY},
    }
    return plain | {"subscriptions": list(subscriptions)} | changes


def subscription(name: Any = "Track", **changes: Any) -> State:
    """Return a subscription in the format of a seed."""
    plain = {"id": f"sub-{name}", "name": name, "actionId": "sandbox-track", "enabled": True, "trigger": TRACK}
    return plain | changes


def filter_(title: str = "No emails", **changes: Any) -> State:
    """Return a filter in the format of a seed."""
    plain = {"id": f"filter-{title}", "title": title, "if": "all", "actions": NO_EMAILS, "enabled": True}
    return plain | changes


def filter_spec(title: str, **changes: Any) -> State:
    return {"title": title, "condition": "all", "actions": NO_EMAILS} | changes


def spec(name: str, **changes: Any) -> State:
    return {"name": name, "action_id": "sandbox-track", "trigger": TRACK} | changes


def apply(*subscriptions: State, **changes: Any) -> _Task:
    plain = _IDENTITY | {"settings": {"apiKey": KEY}, "subscriptions": list(subscriptions)}
    return _Task(SegmentApplyDestinationOperator, plain | changes)


def workspace(*subscriptions: State) -> _Task:
    described = {"source": "sandbox-web", "type": "sandbox-analytics", "name": "mine", "settings": {"apiKey": KEY}}
    entry = described | {"subscriptions": list(subscriptions)}
    return _Task(SegmentApplyWorkspaceOperator, {"destinations": [entry]})


BYSTANDER = destination(
    subscription(id="sub-other"), id="dest-other", name="other", filters=[filter_(id="filter-other")]
)
"""Exists all the time and must not change."""

_NEW: State = {"id": None}
_TWO = (spec("One"), spec("Two", reverse_etl_schedule=SCHEDULE))
_TWO_AFTER = [destination(subscription("One") | _NEW, subscription("Two", reverseETLSchedule=SCHEDULE) | _NEW, **_NEW)]

_DESCRIBED = tuple({"name": name, "action": "trackEvent", "trigger": TRACK} for name in ("One", "Two"))

WRITES = (
    Write(
        name="create a destination",
        method="POST",
        path="/destinations",
        task=_Task(SegmentCreateDestinationOperator, _IDENTITY | {"settings": {"apiKey": KEY}}),
        after=[destination(**_NEW)],
        creates=1,
    ),
    Write(
        name="create an existing destination, if_exists=update",
        method="PATCH",
        path=_DESTINATION,
        task=_Task(
            SegmentCreateDestinationOperator,
            _IDENTITY | {"settings": {"apiKey": KEY, "region": "eu"}, "enabled": True, "if_exists": "update"},
        ),
        before=[destination(enabled=False)],
        after=[destination(settings={"apiKey": KEY, "region": "eu"})],
    ),
    Write(
        name="update a destination",
        method="PATCH",
        path=_DESTINATION,
        task=_Task(
            SegmentUpdateDestinationOperator,
            _IDENTITY | {"new_name": "ours", "enabled": False, "settings": {"apiKey": KEY, "trackAllPages": True}},
        ),
        before=[destination(subscription())],
        after=[
            destination(subscription(), name="ours", enabled=False, settings={"apiKey": KEY, "trackAllPages": True})
        ],
        repeatable=False,
    ),
    Write(
        name="delete a destination",
        method="DELETE",
        path=_DESTINATION,
        task=_Task(SegmentDeleteDestinationOperator, _IDENTITY),
        before=[destination(subscription())],
        after=[],
    ),
    Write(
        name="create a subscription",
        method="POST",
        path=f"{_DESTINATION}/subscriptions",
        task=_Task(SegmentCreateSubscriptionOperator, _SUBSCRIPTION | {"trigger": TRACK}),
        before=[destination(subscription("Other"))],
        after=[destination(subscription("Other"), subscription(**_NEW))],
        creates=1,
    ),
    Write(
        name="schedule a new subscription",
        method="PATCH",
        path=f"{_DESTINATION}/subscriptions/*",
        task=_Task(
            SegmentCreateSubscriptionOperator, _SUBSCRIPTION | {"trigger": TRACK, "reverse_etl_schedule": SCHEDULE}
        ),
        before=[destination()],
        after=[destination(subscription(reverseETLSchedule=SCHEDULE, **_NEW))],
        creates=1,
    ),
    Write(
        name="update a subscription",
        method="PATCH",
        path=f"{_DESTINATION}/subscriptions/sub-Track",
        task=_Task(SegmentUpdateSubscriptionOperator, _SUBSCRIPTION | {"new_name": "Better", "trigger": IDENTIFY}),
        before=[destination(subscription())],
        after=[destination(subscription(name="Better", id="sub-Track", trigger=IDENTIFY))],
        repeatable=False,
    ),
    Write(
        name="delete a subscription",
        method="DELETE",
        path=f"{_DESTINATION}/subscriptions/sub-Track",
        task=_Task(SegmentDeleteSubscriptionOperator, _SUBSCRIPTION),
        before=[destination(subscription(), subscription("Other"))],
        after=[destination(subscription("Other"))],
    ),
    Write(
        name="create a filter",
        method="POST",
        path=_FILTERS,
        task=_Task(SegmentCreateFilterOperator, _FILTER | {"condition": "all", "actions": NO_EMAILS}),
        before=[destination(filters=[filter_("Other")])],
        after=[destination(filters=[filter_("Other"), filter_(**_NEW)])],
        creates=1,
    ),
    Write(
        name="create an existing filter, if_exists=update",
        method="PATCH",
        path=f"{_FILTERS}/*",
        task=_Task(SegmentCreateFilterOperator, _FILTER | {"condition": TRACK, "actions": DROP, "if_exists": "update"}),
        before=[destination(filters=[filter_(enabled=False)])],
        after=[destination(filters=[filter_(actions=DROP, enabled=False) | {"if": TRACK}])],
    ),
    Write(
        name="update a filter",
        method="PATCH",
        path=f"{_FILTERS}/*",
        task=_Task(SegmentUpdateFilterOperator, _FILTER | {"new_title": "Better", "enabled": False}),
        before=[destination(filters=[filter_(id="filter-1")])],
        after=[destination(filters=[filter_("Better", id="filter-1", enabled=False)])],
        repeatable=False,
    ),
    Write(
        name="delete a filter",
        method="DELETE",
        path=f"{_FILTERS}/*",
        task=_Task(SegmentDeleteFilterOperator, _FILTER),
        before=[destination(filters=[filter_(), filter_("Other")])],
        after=[destination(filters=[filter_("Other")])],
    ),
    Write(
        name="apply: create filters",
        method="POST",
        path="/destination/*/filters",
        task=apply(filters=[filter_spec("One"), filter_spec("Two")], enabled=True),
        after=[destination(filters=[filter_("One") | _NEW, filter_("Two") | _NEW], **_NEW)],
        creates=3,
        targets=2,
    ),
    Write(
        name="apply: change a filter",
        method="PATCH",
        path=f"{_FILTERS}/*",
        task=apply(filters=[filter_spec("One", condition=TRACK, enabled=False)]),
        before=[destination(filters=[filter_("One"), filter_("Other")])],
        after=[destination(filters=[filter_("One", enabled=False) | {"if": TRACK}, filter_("Other")])],
    ),
    Write(
        name="apply: remove filters",
        method="DELETE",
        path=f"{_FILTERS}/*",
        task=apply(filters=[filter_spec("One")], prune_filters=True),
        before=[destination(filters=[filter_("One"), filter_("Other"), filter_("Another")])],
        after=[destination(filters=[filter_("One")])],
        targets=2,
    ),
    Write(
        name="apply: create the destination",
        method="POST",
        path="/destinations",
        task=apply(*_TWO),
        after=_TWO_AFTER,
        creates=3,
    ),
    Write(
        name="apply: create subscriptions",
        method="POST",
        path="/destinations/*/subscriptions",
        task=apply(*_TWO),
        after=_TWO_AFTER,
        creates=3,
        targets=2,
    ),
    Write(
        name="apply: create a subscription of an existing destination",
        method="POST",
        path=f"{_DESTINATION}/subscriptions",
        task=apply(spec("One"), spec("Track")),
        before=[destination(subscription())],
        after=[destination(subscription(), subscription("One") | _NEW)],
        creates=1,
    ),
    Write(
        name="apply: schedule a new subscription",
        method="PATCH",
        path="/destinations/*/subscriptions/*",
        task=apply(*_TWO),
        after=_TWO_AFTER,
        creates=3,
    ),
    Write(
        name="apply: change and disable the destination",
        method="PATCH",
        path=_DESTINATION,
        task=apply(spec("Track"), settings={"apiKey": KEY, "region": "eu"}, enabled=False),
        before=[destination(subscription())],
        after=[destination(subscription(), settings={"apiKey": KEY, "region": "eu"}, enabled=False)],
        targets=2,
    ),
    Write(
        name="apply: enable the destination",
        method="PATCH",
        path=_DESTINATION,
        task=apply(spec("Track"), enabled=True),
        before=[destination(enabled=False)],
        after=[destination(subscription(**_NEW))],
        creates=1,
    ),
    Write(
        name="apply: change a subscription",
        method="PATCH",
        path=f"{_DESTINATION}/subscriptions/sub-Track",
        task=apply(spec("Track", trigger=IDENTIFY, enabled=False)),
        before=[destination(subscription(), subscription("Other"))],
        after=[destination(subscription(trigger=IDENTIFY, enabled=False), subscription("Other"))],
    ),
    Write(
        name="apply: remove subscriptions",
        method="DELETE",
        path=f"{_DESTINATION}/subscriptions/*",
        task=apply(spec("Track"), prune_subscriptions=True),
        before=[destination(subscription(), subscription("Other"), subscription("Another"))],
        after=[destination(subscription())],
        targets=2,
    ),
    Write(
        name="apply a workspace: create a destination",
        method="POST",
        path="/destinations",
        task=workspace(_DESCRIBED[0]),
        after=[destination(subscription("One") | _NEW, **_NEW)],
        creates=2,
    ),
    Write(
        name="apply a workspace: create subscriptions",
        method="POST",
        path=f"{_DESTINATION}/subscriptions",
        task=workspace(*_DESCRIBED),
        before=[destination()],
        after=[destination(*(subscription(name) | _NEW for name in ("One", "Two")))],
        creates=2,
        targets=2,
    ),
)
