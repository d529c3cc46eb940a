"""Planning many destinations, with one list of the sources, one per described source and one per destination."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from airflow_provider_segment.protocol.api.objects import Destination, Source
from airflow_provider_segment.protocol.errors import SegmentAuthError, SegmentConnectionError, SegmentError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log, MaskSecrets
from airflow_provider_segment.protocol.provisioning.lookup import destination_label
from airflow_provider_segment.protocol.provisioning.slugs import Slugged, find_slug, resolve_slug, short_reference
from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.protocol.workspace.plan import (
    PlannedDestination,
    Undescribed,
    WorkspacePlan,
    check_removals,
)
from airflow_provider_segment.protocol.workspace.planning import (
    Target,
    find_destination,
    plan_destination,
    plan_warnings,
)
from airflow_provider_segment.protocol.workspace.reading import (
    DestinationType,
    action_slugs,
    read_catalog,
    read_destinations,
    read_sources,
    read_subscriptions,
    source_slugs,
    type_of,
)

_PROGRESS = 50
"""Number of destinations that are read between two lines of progress."""
FATAL = (SegmentAuthError, SegmentConnectionError)
"""Errors that would also occur for the next destination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """The options for planning.

    :param workspace_id: id of the workspace that the token must belong to; ``None`` for any.
    :param max_prune: maximum number of destinations and subscriptions to remove, in total.
    :param rotate_secrets: count every secret as changed.
    """

    workspace_id: str | None = None
    max_prune: int = 10
    rotate_secrets: bool = False


@dataclass
class _Known:
    """The parts of the workspace that were read."""

    sources: list[Source]
    destinations: dict[str, list[Destination]] = field(default_factory=dict)
    types: dict[str, DestinationType] = field(default_factory=dict)
    whole_catalog: bool = False

    def add(self, source_id: str, destinations: list[Destination]) -> None:
        self.destinations[source_id] = destinations
        for one in destinations:
            self.types.setdefault(one["metadata"]["id"], type_of(one))


def plan_workspace(
    options: CallOptions, *, descriptions: Sequence[DestinationDescription], how: PlanOptions
) -> Flow[WorkspacePlan]:
    """Read what exists and plan all descriptions; writes nothing.

    :param descriptions: the descriptions, with their secrets supplied.
    :param how: the options.
    :return: the plan; a description that can't be planned has an ``error`` in it.
    :raises ValueError: the token belongs to another workspace.
    :raises SegmentPruneLimitError: more would be removed than allowed.
    """
    known = _Known((yield from read_sources(options, workspace_id=how.workspace_id)))
    items: list[PlannedDestination] = []
    described: set[str] = set()
    located: list[Target | Exception] = []
    for description in descriptions:
        target = yield from _locate(options, description, known)
        actual = target.actual if isinstance(target, Target) else None
        if actual is not None and actual["id"] in described:
            target = ValueError(f"another file describes destination {actual['id']} too")
        elif actual is not None:
            described.add(actual["id"])
        located.append(target)
    for number, (description, found) in enumerate(zip(descriptions, located, strict=True)):
        if number and number % _PROGRESS == 0:
            yield Log(f"read {number} of {len(descriptions)} destinations")
        items.append((yield from _plan_one(options, description, found, known, described, how)))
    check_removals(items, max_prune=how.max_prune)
    return WorkspacePlan(items=tuple(items), undescribed=tuple(_undescribed(known, described)))


def _locate(options: CallOptions, description: DestinationDescription, known: _Known) -> Flow[Target | Exception]:
    """Return the target of a description, without its subscriptions, or the reason why it is unknown."""
    try:
        source_id = resolve_slug("source", description.source, source_slugs(known.sources))
        if source_id not in known.destinations:
            known.add(source_id, (yield from read_destinations(options, source_id=source_id)))
        metadata_id = yield from _resolve_type(options, description.type, known)
        actual = find_destination(
            description, source_id=source_id, metadata_id=metadata_id, destinations=known.destinations[source_id]
        )
    except (ValueError, SegmentError) as error:
        if isinstance(error, FATAL):
            raise
        return error
    return Target(source_id=source_id, metadata_id=metadata_id, actual=actual)


def _resolve_type(options: CallOptions, value: str, known: _Known) -> Flow[str]:
    found = find_slug(value, _type_slugs(known))
    if found is not None:
        return found
    if not known.whole_catalog:
        yield Log("reading the catalog for types that no destination has yet")
        catalog = yield from read_catalog(options)
        for one in catalog:
            known.types.setdefault(one["id"], one)
        known.whole_catalog = True
    return resolve_slug("type", value, _type_slugs(known))


def _type_slugs(known: _Known) -> list[Slugged]:
    return [Slugged(one["id"], one.get("slug")) for one in known.types.values()]


def _plan_one(
    options: CallOptions,
    description: DestinationDescription,
    found: Target | Exception,
    known: _Known,
    described: set[str],
    how: PlanOptions,
) -> Flow[PlannedDestination]:
    if isinstance(found, Exception):
        return PlannedDestination(description=description, error=found)
    others = [
        destination_label(one)
        for one in known.destinations[found.source_id]
        if one["metadata"]["id"] == found.metadata_id and one["id"] not in described
    ]
    item = PlannedDestination(description=description, source_id=found.source_id, type=known.types[found.metadata_id])
    return (yield from plan_target(options, item, replace(found, others=others), how))


def plan_target(
    options: CallOptions, item: PlannedDestination, target: Target, how: PlanOptions
) -> Flow[PlannedDestination]:
    """Read the subscriptions of a destination, and plan it.

    :param item: its description and type.
    :param target: the objects that it refers to, without its subscriptions.
    :param how: the options.
    :return: the item with a plan, or with an error.
    """
    description = item.description
    if description.removed:
        return replace(item, deleted=target.actual)
    options = redacting_settings(options, description)
    try:
        subscriptions = []
        if target.actual is not None and description.subscriptions is not None:
            subscriptions = yield from read_subscriptions(options, target.actual)
        actions = action_slugs(item.type, subscriptions) if item.type is not None else []
        target = replace(target, subscriptions=subscriptions, actions=actions)
        plan = plan_destination(description, target, rotate_secrets=how.rotate_secrets)
    except (ValueError, SegmentError) as error:
        if isinstance(error, FATAL):
            raise
        return replace(item, error=error)
    diffs = (plan.destination.diff, *(part.diff for part in plan.subscriptions))
    if secrets := tuple(secret for diff in diffs for secret in diff.secrets):
        yield MaskSecrets(secrets)
    return replace(item, plan=plan, warnings=tuple(plan_warnings(description, plan)))


def redacting_settings(options: CallOptions, description: DestinationDescription) -> CallOptions:
    """Return options that also redact the settings of a description in messages.

    :param description: the description, with its secrets supplied.
    """
    return options.redacting([description.settings, *(one.settings for one in description.subscriptions or ())])


def _undescribed(known: _Known, described: set[str]) -> Iterator[Undescribed]:
    slugs = source_slugs(known.sources)
    references = {one.id: short_reference(one, slugs) for one in slugs}
    for source_id, destinations in known.destinations.items():
        for one in destinations:
            if one["id"] not in described:
                yield Undescribed(
                    id=one["id"],
                    name=one.get("name") or "",
                    source=references[source_id],
                    type=one["metadata"].get("slug") or one["metadata"]["id"],
                )
