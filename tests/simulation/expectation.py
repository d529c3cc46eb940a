"""What must hold at the end, independent of plans: a comparison of descriptions with the model's objects."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record
from tests.simulation.setting_values import mask
from tests.simulation.world import ViolationError


class Before:
    """The objects before the first run.

    :param segment: the model, whose later states are compared with this one.
    """

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self.destinations = copy.deepcopy(segment.destinations)
        self.subscriptions = copy.deepcopy(segment.subscriptions)
        self.filters = copy.deepcopy(segment.filters)

    def demand(self, *, destinations: set[str], subscriptions: set[str], filters: Collection[str] = ()) -> None:
        """Raise if an object changed, appeared or disappeared, except for those named.

        :param destinations: ids of destinations that are checked elsewhere.
        :param subscriptions: ids of subscriptions that are checked elsewhere.
        :param filters: ids of filters that are checked elsewhere.
        """
        for kind, before, after, named in (
            ("destination", self.destinations, self._segment.destinations, destinations),
            ("subscription", self.subscriptions, self._segment.subscriptions, subscriptions),
            ("filter", self.filters, self._segment.filters, set(filters)),
        ):
            for object_id in (before.keys() | after.keys()) - named:
                if before.get(object_id) != after.get(object_id):
                    raise ViolationError(
                        f"{kind} {object_id} was changed: {before.get(object_id)} became {after.get(object_id)}"
                    )


def the_only(records: Sequence[Record], what: str) -> Record:
    """Return the only record; raise if there is none or several."""
    if len(records) != 1:
        raise ViolationError(f"there are {len(records)} of {what}: {[record['id'] for record in records]}")
    return records[0]


def destinations_like(segment: Segment, spec: DestinationSpec) -> list[Record]:
    """Return all objects with the identity."""
    expected = (spec.source_id, spec.metadata_id, spec.name)
    return [
        record
        for record in segment.destinations.values()
        if (record["sourceId"], record["metadataId"], record["name"]) == expected
    ]


def subscriptions_like(segment: Segment, destination_id: str, spec: SubscriptionSpec) -> list[Record]:
    """Return all objects with the identity."""
    identity = (spec.name, spec.action_id)
    return [
        record
        for record in segment.subscriptions_of(destination_id)
        if (record["name"], record["actionId"]) == identity and spec.model_id in (None, record["modelId"])
    ]


def filters_like(segment: Segment, destination_id: str, spec: FilterSpec) -> list[Record]:
    """Return all objects with the identity."""
    return [record for record in segment.filters_of(destination_id) if record["title"] == spec.title]


def demand_same(what: str, expected: Any, actual: Any) -> None:
    """Raise if two JSON values differ."""
    if expected != actual or isinstance(expected, bool) is not isinstance(actual, bool):
        raise ViolationError(f"{what} is {actual!r} instead of {expected!r}")


def never_confirmed(segment: Segment, spec: DestinationSpec) -> set[str]:
    """Return the described settings that Segment does not take, or does not show; they are written again and again."""
    kind = segment.types[spec.metadata_id]
    hidden = {key for key in segment.hidden & spec.settings.keys() if spec.settings[key] != kind.defaults[key]}
    return hidden | (kind.read_only & spec.settings.keys())


def demand_destination(
    segment: Segment,
    spec: DestinationSpec,
    actual: Record,
    before: Record | None,
    *,
    rotated: bool = False,
) -> None:
    """Raise if a destination is not as described, or if a setting that is not described changed."""
    demand_same("name", spec.name, actual["name"])
    _demand_enabled(spec, actual, before)
    kind = segment.types[actual["metadataId"]]
    old = None if before is None else before["settings"]
    settings = {key: value for key, value in spec.settings.items() if key not in kind.read_only}
    for key in segment.hidden & settings.keys() if old is not None else ():
        if settings[key] == kind.defaults[key]:
            settings[key] = actual["settings"][key]  # that it was another one could not be seen
    demand_settings(
        settings,
        actual["settings"],
        before=old,
        defaults=kind.defaults | kind.added,
        secret=() if rotated else kind.record["secretOptions"],
        may_reset=segment.replace,
    )


def demand_settings(
    spec: Mapping[str, Any],
    actual: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None,
    defaults: Mapping[str, Any],
    secret: Sequence[str] = (),
    may_reset: bool,
) -> None:
    """Raise unless described keys have their values, and others their old one, or a default if updates replace."""
    for key in spec.keys() | actual.keys() | (before or {}).keys():
        value = actual.get(key)
        if spec.get(key) is not None:
            # What is shown of a secret may be the same for every one, so an existing one counts as the described one.
            hidden = before is not None and key in secret and value == before.get(key) and looks_alike(spec[key], value)
            if not hidden:
                demand_same(f"settings[{key!r}]", spec[key], value)
        elif before is None:
            demand_same(f"settings[{key!r}]", defaults.get(key), value)
        elif value != before.get(key) and not (may_reset and value == defaults.get(key)):
            raise ViolationError(f"settings[{key!r}] became {value!r}; it was {before.get(key)!r}")


def demand_subscription(segment: Segment, spec: SubscriptionSpec, actual: Record, before: Record | None) -> None:
    """Raise if a subscription is not as described, or if a field that is not described changed."""
    old = before or {"modelId": "", "reverseETLSchedule": None}
    demand_same("trigger", spec.trigger, actual["trigger"])
    _demand_enabled(spec, actual, before)
    demand_same("modelId", spec.model_id or old["modelId"], actual["modelId"])
    schedule = spec.reverse_etl_schedule or old.get("reverseETLSchedule")
    demand_same("reverseETLSchedule", schedule, actual.get("reverseETLSchedule"))
    demand_settings(
        spec.settings or {},
        actual["settings"],
        before=None if before is None else before["settings"],
        defaults={},
        may_reset=segment.replace,
    )


def demand_filter(spec: FilterSpec, actual: Record, before: Record | None) -> None:
    """Raise if a filter is not as described, or if a field that is not described changed."""
    old = before or {"enabled": True, "description": None}
    demand_same("if", spec.condition, actual["if"])
    demand_same("actions", spec.actions, actual["actions"])
    demand_same("enabled", old["enabled"] if spec.enabled is None else spec.enabled, actual["enabled"])
    description = old.get("description") if spec.description is None else spec.description
    demand_same("description", description or None, actual.get("description"))


def _demand_enabled(spec: DestinationSpec | SubscriptionSpec, actual: Record, before: Record | None) -> None:
    """Raise unless it is as described, or as before, or for a new object ``True``."""
    unchanged = True if before is None else before["enabled"]
    demand_same("enabled", unchanged if spec.enabled is None else spec.enabled, actual["enabled"])


def looks_alike(described: Any, value: Any) -> bool:
    """Return whether a secret's mask does not tell it from another: it shows nothing, or the end of a key file."""
    shown = str(mask(value))
    is_key_file = str(described).endswith("----") and shown.endswith("----")
    return isinstance(value, str) and (shown.endswith("•") or is_key_file)
