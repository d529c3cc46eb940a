"""What must be there in the end. It knows nothing of plans: it compares what is described with what the model holds."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from tests.simulation.model import Segment
from tests.simulation.model_responses import Record
from tests.simulation.setting_values import mask
from tests.simulation.world import ViolationError


class Before:
    """What there was before the first run.

    :param segment: the model; later states of it are compared with this one.
    """

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self.destinations = copy.deepcopy(segment.destinations)
        self.subscriptions = copy.deepcopy(segment.subscriptions)

    def demand(self, *, destinations: set[str], subscriptions: set[str]) -> None:
        """All but the objects named must be as they were, and no other may have come.

        :param destinations: ids of those that are looked at elsewhere, or are to be gone.
        :param subscriptions: likewise.
        """
        for kind, before, after, named in (
            ("destination", self.destinations, self._segment.destinations, destinations),
            ("subscription", self.subscriptions, self._segment.subscriptions, subscriptions),
        ):
            for object_id in (before.keys() | after.keys()) - named:
                if before.get(object_id) != after.get(object_id):
                    raise ViolationError(
                        f"{kind} {object_id} was touched: {before.get(object_id)} became {after.get(object_id)}"
                    )


def the_only(records: Sequence[Record], what: str) -> Record:
    """Exactly one."""
    if len(records) != 1:
        raise ViolationError(f"there are {len(records)} of {what}: {[record['id'] for record in records]}")
    return records[0]


def destinations_like(segment: Segment, spec: DestinationSpec) -> list[Record]:
    """All with the identity."""
    wanted = (spec.source_id, spec.metadata_id, spec.name)
    return [
        record
        for record in segment.destinations.values()
        if (record["sourceId"], record["metadataId"], record["name"]) == wanted
    ]


def subscriptions_like(segment: Segment, destination_id: str, spec: SubscriptionSpec) -> list[Record]:
    """All with the identity."""
    wanted = (spec.name, spec.action_id)
    return [
        record for record in segment.subscriptions_of(destination_id) if (record["name"], record["actionId"]) == wanted
    ]


def demand_same(what: str, wanted: Any, there: Any) -> None:
    """Equal, as JSON is."""
    if wanted != there or isinstance(wanted, bool) is not isinstance(there, bool):
        raise ViolationError(f"{what} is {there!r} instead of {wanted!r}")


def demand_destination(
    segment: Segment,
    spec: DestinationSpec,
    there: Record,
    before: Record | None,
    *,
    may_stay_absent: bool = False,
) -> None:
    """A destination must be as described, and of its other settings none may be lost or made up.

    :param may_stay_absent: whether a setting that Segment does not return may count as unchanged.
    """
    demand_same("name", spec.name, there["name"])
    demand_same("enabled", spec.enabled, there["enabled"])
    kind = segment.types[there["metadataId"]]
    demand_settings(
        spec.settings,
        there["settings"],
        before=None if before is None else before["settings"],
        defaults=kind.defaults | kind.added,
        secret=kind.record["secretOptions"],
        may_reset=segment.replace,
        may_stay_absent=may_stay_absent,
    )


def demand_settings(
    spec: Mapping[str, Any],
    there: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None,
    defaults: Mapping[str, Any],
    secret: Sequence[str] = (),
    may_reset: bool,
    may_stay_absent: bool = False,
) -> None:
    """Each key described has its value; each other key the one it had, or a default where updates replace."""
    for key in spec.keys() | there.keys() | (before or {}).keys():
        value = there.get(key)
        if spec.get(key) is not None:
            # A short secret that was there shows nothing of itself, so it counts as the one described.
            hidden = before is not None and key in secret and value == before.get(key) and bare(value)
            unseen = may_stay_absent and before is not None and key not in before and value is None
            if not (hidden or unseen):
                demand_same(f"settings[{key!r}]", spec[key], value)
        elif before is None:
            demand_same(f"settings[{key!r}]", defaults.get(key), value)
        elif value != before.get(key) and not (may_reset and value == defaults.get(key)):
            raise ViolationError(f"settings[{key!r}] became {value!r}; it was {before.get(key)!r}")


def demand_subscription(segment: Segment, spec: SubscriptionSpec, there: Record, before: Record | None) -> None:
    """A subscription must be as described; what was not described stays as it was."""
    old = before or {"modelId": "", "reverseETLSchedule": None}
    demand_same("trigger", spec.trigger, there["trigger"])
    demand_same("enabled", spec.enabled, there["enabled"])
    demand_same("modelId", spec.model_id or old["modelId"], there["modelId"])
    schedule = spec.reverse_etl_schedule or old.get("reverseETLSchedule")
    demand_same("reverseETLSchedule", schedule, there.get("reverseETLSchedule"))
    demand_settings(
        spec.settings or {},
        there["settings"],
        before=None if before is None else before["settings"],
        defaults={},
        may_reset=segment.replace,
    )


def bare(value: Any) -> bool:
    """Whether a secret's mask shows nothing of it."""
    return isinstance(value, str) and str(mask(value)).endswith("•")
