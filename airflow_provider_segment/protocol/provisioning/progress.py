"""The progress of an interrupted apply, so that it can resume and return the same result as an uninterrupted one.

Like the summary, it contains no values of settings, because Airflow's database stores it while a task waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar, cast

import msgspec

from airflow_provider_segment.protocol.errors import SegmentProtocolError
from airflow_provider_segment.protocol.provisioning.diff import Diff
from airflow_provider_segment.protocol.provisioning.diff_report import Difference
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterPlan
from airflow_provider_segment.protocol.provisioning.plan import (
    DestinationPlan,
    Plan,
    Result,
    SubscriptionPlan,
)
from airflow_provider_segment.protocol.provisioning.summary import ApplySummary, summarize

DESTINATION, SUBSCRIPTION, FILTER = "destination", "subscription", "filter"
"""The kinds of objects."""

P = TypeVar("P", DestinationPlan, SubscriptionPlan)


@dataclass(slots=True)
class Executed:
    """What the execution of one plan has done so far.

    :param destination_id: id of the destination, once it is written.
    :param ids: ids of the created, changed and removed subscriptions, by position in the plan.
    :param filter_ids: ids of the created filters, by position in the plan.
    :param ignored: settings that Segment rejected or ignored.
    :param remaining: labels of settings that differ after the write, by the id of the object.
    :param may_leave_out: whether a rejected write of a subscription may be repeated without the rejected settings,
        which takes another rate-limited call.
    """

    destination_id: str | None = None
    ids: dict[int, str] = field(default_factory=dict)
    filter_ids: dict[int, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    remaining: dict[str, list[str]] = field(default_factory=dict)
    may_leave_out: bool = True


class StoredProgress:
    """The base class for progress that is stored as JSON while a task waits in the triggerer."""

    __slots__ = ()

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Self:
        """Return the stored progress.

        :param stored: result of ``to_json``; ``None`` for an apply that has not been interrupted.
        :raises SegmentProtocolError: the value is invalid, for example written by another version of this package; a
            retry starts over.
        """
        try:
            return cls() if stored is None else msgspec.convert(stored, cls)
        except msgspec.ValidationError as error:
            raise SegmentProtocolError(f"the stored progress can't be read: {error}") from error

    def to_json(self) -> dict[str, Any]:
        """Return the progress as JSON values."""
        return cast("dict[str, Any]", msgspec.to_builtins(self))


@dataclass(slots=True)
class ApplyProgress(StoredProgress):
    """The progress of an apply, including what it did before it was interrupted.

    :param first: summary of the first plan that wrote something, or that Segment rejected in part.
    :param wrote: whether something was written.
    :param order: position of each subscription of ``first`` in the description; ``None`` for a removed one.
    :param filter_order: the same for its filters.
    :param created: ids of the created objects, by kind.
    :param written: ids of the objects that were written, including their secrets.
    :param remaining: labels of settings that differed after the write, by the id of the object.
    :param ignored: settings that Segment rejected or ignored.
    :param may_leave_out: as in :class:`Executed`.
    """

    first: ApplySummary | None = None
    wrote: bool = False
    order: list[int | None] = field(default_factory=list)
    filter_order: list[int | None] = field(default_factory=list)
    created: dict[str, list[str]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    remaining: dict[str, list[str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    may_leave_out: bool = True

    def without_remaining(self, plan: Plan) -> Plan:
        """Return a plan, excluding differences in settings that Segment rejected or ignored earlier in this apply.

        Writing the object again would not remove them, and would use up the rate limit before the next object is
        written.

        :param plan: a new plan.
        """
        return replace(
            plan,
            destination=self._without(plan.destination),
            subscriptions=tuple(map(self._without, plan.subscriptions)),
        )

    def begin(self, plan: Plan) -> None:
        """Record the summary of a plan, unless an earlier plan of this apply has already had an effect.

        :param plan: the plan that is about to be executed.
        """
        if self.first is None or not (self.wrote or self.ignored):
            self.first = summarize(plan, written=True)
            self.order, self.filter_order = list(plan.places), list(plan.filter_places)

    def note_write(self) -> None:
        """Record that Segment may have applied a write."""
        self.wrote = True

    def add(self, executed: Executed, plan: Plan) -> None:
        """Record what the execution of a plan did, whether or not it was completed.

        :param executed: what it did.
        :param plan: the executed plan.
        """
        known = None if plan.destination.result is Result.KEPT else executed.destination_id
        for kind, ids in (
            (DESTINATION, [known] if known and plan.destination.actual is None else []),
            (SUBSCRIPTION, [executed.ids[at] for at, _ in plan.of(Result.CREATED) if at in executed.ids]),
            (FILTER, list(executed.filter_ids.values())),
        ):
            self.created[kind] = _joined(self.created.get(kind, ()), ids)
        self.written = _joined(self.written, filter(None, (known, *executed.ids.values())))
        for object_id, labels in executed.remaining.items():
            self.remaining[object_id] = _joined(self.remaining.get(object_id, ()), labels)
        self.ignored = _joined(self.ignored, executed.ignored)
        self.may_leave_out = executed.may_leave_out

    def summary(self, last: ApplySummary, plan: Plan) -> ApplySummary:
        """Return the summary of the whole apply, as if it had not been interrupted.

        :param last: summary of the last plan.
        :param plan: the last plan.
        """
        first = self.first or last
        order, filter_order = plan.places, plan.filter_places
        if {*self.order} - {None} != {*order} - {None} or {*self.filter_order} - {None} != {*filter_order} - {None}:
            return last  # templates have changed the description
        # A new destination may be created disabled, and enabled at the end.
        changed = first["changed"] if first["created"] else _joined(first["changed"], last["changed"])
        subscriptions = _merged(first["subscriptions"], self.order, last["subscriptions"], order)
        filters = _merged(first["filters"], self.filter_order, last["filters"], filter_order)
        return ApplySummary(
            destination_id=last["destination_id"],
            differs=first["differs"] or last["differs"],
            created=first["created"] or last["created"],
            changed=[name for name in changed if name not in self.ignored],
            subscriptions=subscriptions,
            filters=filters,
            differences=_merged_differences(first, last, subscriptions, filters),
            ignored=list(self.ignored),
        )

    def _without(self, part: P) -> P:
        remaining = self.remaining.get(part.id or "", ())
        fields = tuple(change for change in part.diff.fields if change.field not in remaining)
        if len(fields) == len(part.diff.fields):
            return part
        changes = dict(part.diff.changes)
        if not any(change.field.startswith("settings[") for change in fields):
            changes.pop("settings", None)
        diff: Diff = replace(part.diff, fields=fields, changes=changes)
        return replace(part, diff=diff, result=Result.CHANGED if fields else Result.KEPT)


def places(
    plans: Sequence[SubscriptionPlan] | Sequence[FilterPlan], described: Sequence[Any] | None
) -> tuple[int | None, ...]:
    """Return each plan part's position in the description; ``None`` for a removed part.

    :param plans: the parts.
    :param described: the described objects.
    """
    numbers = {id(spec): number for number, spec in enumerate(described or ())}
    return tuple(None if plan.spec is None else numbers[id(plan.spec)] for plan in plans)


def _merged(
    first: Sequence[Any],
    first_order: Sequence[int | None],
    last: Sequence[Any],
    last_order: Sequence[int | None],
) -> list[Any]:
    """Return the first summary's entries, with final ids and overall results, then those of objects removed later."""
    final = dict(zip(last_order, last, strict=True))
    listed = {entry["id"] for entry in last}
    places = zip(first_order, first, strict=True)
    owners = {entry["id"]: place for place, entry in places if place is not None and entry["id"] in listed - {None}}
    merged = []
    for place, entry in zip(first_order, first, strict=True):
        if place is None:
            merged.append(entry)
            continue
        result = final[place]["result"] if entry["result"] == Result.KEPT else entry["result"]
        merged.append({**entry, "id": _final_id(entry["id"], place, owners, final), "result": result})
    removed = {entry["id"] for place, entry in zip(first_order, first, strict=True) if place is None}
    later = [entry for place, entry in zip(last_order, last, strict=True) if place is None]
    return merged + [entry for entry in later if entry["id"] not in removed]


def _final_id(
    first_id: str | None, place: int, owners: Mapping[str, int], final: Mapping[int | None, Any]
) -> str | None:
    """Return the id of an entry in the merged summary; no id is used for two entries.

    Among equal names, the last plan may match two entries to each other's objects.

    :param first_id: its id in the first summary.
    :param place: its place in the description.
    :param owners: the places of the ids that existed in the first plan.
    :param final: the entries of the last summary, by their places.
    """
    if first_id in owners:
        return first_id
    object_id: str | None = final[place]["id"]
    while object_id is not None and object_id in owners:
        object_id = final[owners[object_id]]["id"]
    return object_id


def _merged_differences(
    first: ApplySummary, last: ApplySummary, subscriptions: Sequence[Any], filters: Sequence[Any]
) -> list[Difference]:
    """Return the first plan's differences, with final ids, then those of the last plan for all other objects."""
    ids = {
        DESTINATION: iter([last["destination_id"]]),
        SUBSCRIPTION: _ids_of_changed(first["subscriptions"], subscriptions),
        FILTER: _ids_of_changed(first["filters"], filters),
    }
    found = [Difference(**{**one, "id": next(ids[one["object"]])}) for one in first["differences"]]
    known = {one["id"] for one in found}
    return found + [one for one in last["differences"] if one["id"] not in known]


def _ids_of_changed(first: Sequence[Any], merged: Sequence[Any]) -> Iterator[str | None]:
    return (final["id"] for entry, final in zip(first, merged, strict=False) if entry["result"] != Result.KEPT)


def _joined(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return list(dict.fromkeys((*first, *second)))
