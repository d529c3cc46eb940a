"""What must hold after a run; each check returns its violations, and none if the promise was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dev.cluster.described import SUBSCRIPTIONS, TYPE, Identity
from dev.cluster.evidence import PHASES, Evidence

Check = Callable[[Evidence], Iterator[str]]


def every_task_succeeded(evidence: Evidence) -> Iterator[str]:
    """Yield the tasks that did not succeed, and phases without tasks."""
    ran = {phase.name for phase in evidence.phases}
    yield from (f"{name} did not run" for name in PHASES if name not in ran)
    for phase in evidence.phases:
        if not phase.instances:
            yield f"{phase.name} has no tasks"
        for one in phase.instances:
            if one["state"] != "success":
                yield f"{phase.name}: {one['task_id']}[{one['map_index']}] is {one['state']}"


def exactly_the_described_objects(evidence: Evidence) -> Iterator[str]:
    """Yield what differs between the described objects and Segment's, when all had been provisioned."""
    found = Counter(_object(one, evidence.key) for one in evidence.height)
    described = Counter(_described(one) for one in evidence.described.all)
    yield from (f"missing, or different: {one}" for one in described - found)
    yield from (f"not described: {one}" for one in found - described)


def all_are_disabled(evidence: Evidence) -> Iterator[str]:
    """Yield the destinations that are missing or still enabled after they had been disabled."""
    found = {one["name"]: one for one in evidence.disabled}
    for described in evidence.described.all:
        name = described["name"]
        if name not in found:
            yield f"{name} is missing"
        elif found[name]["enabled"]:
            yield f"{name} is enabled"


def none_is_left(evidence: Evidence) -> Iterator[str]:
    """Yield the destinations that exist after all had been deleted."""
    yield from (f"{one['name']} ({one['id']})" for one in evidence.rest)


def no_duplicate_is_unreported(evidence: Evidence) -> Iterator[str]:
    """Yield objects that exist more than once although no log names all their ids."""
    for label, ids in _ids_by_identity(evidence.height).items():
        if len(ids) > 1 and not all(one in evidence.logs for one in ids):
            yield f"{label}: {', '.join(ids)}"


def deadlines_did_not_move(evidence: Evidence) -> Iterator[str]:
    """Yield the waits whose stored deadline is not the same in all snapshots."""
    if len(evidence.deadlines) < 2 or not evidence.deadlines[0]:
        yield "there are no deadlines to compare"
        return
    first, *others = evidence.deadlines
    for task, deadline in first.items():
        for later in others:
            if later.get(task) != deadline:
                yield f"wait {task}: {deadline} became {later.get(task)}"


def no_secret_is_left_behind(evidence: Evidence) -> Iterator[str]:
    """Yield the places in which a secret was found."""
    if not evidence.searched:
        yield "nothing was searched"
    yield from (f"{name} in {place}" for name, place in evidence.secrets)


def every_disturbance_hit(evidence: Evidence) -> Iterator[str]:
    """Yield planned kills and freezes that hit no task, or whose tasks were not taken over."""
    yield from (
        f"{one.action} of {' or '.join(one.parts)} during {one.phase}: no task to hit" for one in evidence.missed
    )
    for hit in evidence.hits:
        if hit.taken_over is None or not hit.lost:
            yield f"the tasks of {hit.part} were not taken over during {hit.disturbance.phase}"
    if not evidence.hits:
        yield "there were no disturbances"


CHECKS: Mapping[str, Check] = {
    "every task succeeded": every_task_succeeded,
    "exactly the described objects at the height": exactly_the_described_objects,
    "all destinations were disabled": all_are_disabled,
    "no object is left at the end": none_is_left,
    "no unreported duplicate": no_duplicate_is_unreported,
    "no deadline of a wait has moved": deadlines_did_not_move,
    "no secret in the database, the broker or the logs": no_secret_is_left_behind,
    "every kill and freeze hit tasks, which were taken over": every_disturbance_hit,
}
"""The checks by what they promise."""


def violations(evidence: Evidence) -> dict[str, list[str]]:
    """Return the violations of each check."""
    return {promise: list(check(evidence)) for promise, check in CHECKS.items()}


def _object(destination: Mapping[str, Any], key: str) -> str:
    """Return the relevant fields of a destination, as a string that can be compared and shown."""
    shown = str(destination["settings"].get("apiKey", ""))
    subscriptions = sorted(
        f"{one['name']}: {one['trigger']}, action {one['actionId']}, enabled {one['enabled']}"
        for one in destination["subscriptions"]
    )
    return _line(
        name=destination["name"],
        source=destination["sourceId"],
        kind=destination["metadata"]["id"],
        enabled=destination["enabled"],
        key_is_set=shown.endswith(key[-4:]),
        subscriptions=subscriptions,
    )


def _described(identity: Identity) -> str:
    subscriptions = sorted(
        f"{one['name']}: {one['trigger']}, action {one['action']}, enabled True" for one in SUBSCRIPTIONS
    )
    return _line(**identity, kind=TYPE, enabled=True, key_is_set=True, subscriptions=subscriptions)


def _line(**fields: object) -> str:
    return ", ".join(f"{name} {value}" for name, value in fields.items())


def _ids_by_identity(destinations: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in destinations:
        found.setdefault(f"destination {one['name']}", []).append(one["id"])
        for subscription in one["subscriptions"]:
            label = f"subscription {subscription['name']} of {one['id']}"
            found.setdefault(label, []).append(subscription["id"])
    return found
