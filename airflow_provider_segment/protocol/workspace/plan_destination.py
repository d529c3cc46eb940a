"""The plan of one described destination, as a pure function of its description and the current state."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from airflow_provider_segment.protocol.api.objects import (
    CatalogActionField,
    CatalogOption,
    Destination,
    DestinationMetadata,
    Filter,
    Subscription,
)
from airflow_provider_segment.protocol.errors import SegmentNotFoundError
from airflow_provider_segment.protocol.provisioning.catalog_checks import TypeRecord, fields_of, options_of
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity
from airflow_provider_segment.protocol.provisioning.literal_secrets import literal_password_text, literal_passwords
from airflow_provider_segment.protocol.provisioning.lookup import first_few, one_or_none
from airflow_provider_segment.protocol.provisioning.matching import match_subscriptions
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result, SubscriptionPlan, make_plan
from airflow_provider_segment.protocol.provisioning.progress import places
from airflow_provider_segment.protocol.provisioning.slugs import Slugged, resolve_slug
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.workspace.description import DestinationDescription, SubscriptionDescription
from airflow_provider_segment.protocol.workspace.plan_filters import plan_described_filters


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The objects in Segment that a description refers to.

    :param source_id: id of its source.
    :param metadata_id: catalog id of its type.
    :param actual: the destination in Segment; ``None`` if it does not exist.
    :param destination_type: the known parts of its type.
    :param subscriptions: its subscriptions in Segment.
    :param filters: its filters in Segment.
    :param actions: the actions of its type.
    :param others: names and ids of undescribed destinations of the same source and type.
    """

    source_id: str
    metadata_id: str
    actual: Destination | None = field(default=None, repr=False)
    destination_type: DestinationMetadata | None = field(default=None, repr=False)
    subscriptions: Sequence[Subscription] = field(default=(), repr=False)
    filters: Sequence[Filter] = field(default=(), repr=False)
    actions: Sequence[Slugged] = field(default=(), repr=False)
    others: Sequence[str] = ()


def find_destination(
    description: DestinationDescription, *, source_id: str, metadata_id: str, destinations: Sequence[Destination]
) -> Destination | None:
    """Return the existing destination that a description refers to, or ``None``.

    It is found by its id, or else by source, type and name, or else by its previous name.

    :param description: the description of the destination.
    :param source_id: id of its source.
    :param metadata_id: catalog id of its type.
    :param destinations: all destinations of the source.
    :raises SegmentNotFoundError: there is none with the described id.
    :raises SegmentSeveralMatchesError: several match.
    """
    if description.id is not None:
        match = next((one for one in destinations if one["id"] == description.id), None)
        if match is None and not description.removed:
            raise SegmentNotFoundError(f"there is no destination {description.id} on source {source_id}", status=404)
        if match is not None and match["metadata"]["id"] != metadata_id:
            raise ValueError(
                f"destination {description.id} is of type {match['metadata']['id']}, not {metadata_id}; Segment can't"
                " change this, so describe a new destination instead"
            )
        return match
    for name in (description.name, description.previous_name):
        if name is None:
            continue
        identity = DestinationIdentity(source_id=source_id, metadata_id=metadata_id, name=name)
        matches = [
            one
            for one in destinations
            if (one["metadata"]["id"], one.get("name") or "", one["sourceId"]) == (metadata_id, name, source_id)
        ]
        if (found := one_or_none(matches, identity)) is not None:
            return found
    return None


def plan_destination(
    description: DestinationDescription,
    target: Target,
    *,
    rotate_secrets: bool = False,
    rotated: Collection[str] = (),
) -> Plan:
    """Plan how to bring a destination, its subscriptions and its filters to the described state.

    :param description: the description, with its secrets supplied.
    :param target: the objects that it refers to.
    :param rotate_secrets: count every secret as changed.
    :param rotated: ids of objects whose secrets have been written.
    :raises ValueError: something that can't be changed differs, or an action is unknown.
    :raises SegmentError: objects are ambiguous or do not exist.
    """
    described = description.subscriptions
    wanted, removals, remaining = _split(described or (), target)
    plan = make_plan(
        _destination_spec(description, target),
        None if described is None else wanted,
        actual=target.actual,
        actual_subscriptions=remaining,
        others=target.others if target.actual is None else (),
        rotate_secrets=rotate_secrets,
        rotated=rotated,
        destination_type=target.destination_type,
    )
    parts = [SubscriptionPlan(Result.REMOVED, one["name"], one["actionId"], one["id"]) for one in removals]
    filters, filter_places = plan_described_filters(description.filters, target.filters)
    subscriptions = (*plan.subscriptions, *parts)
    return replace(
        plan,
        subscriptions=subscriptions,
        filters=filters,
        places=places(subscriptions, wanted),
        filter_places=filter_places,
    )


def _split(
    described: Sequence[SubscriptionDescription], target: Target
) -> tuple[list[SubscriptionSpec], list[Subscription], list[Subscription]]:
    """Return the specs of the wanted subscriptions, the existing ones to remove, and the other existing ones."""
    existing = {one["id"]: one for one in target.subscriptions}
    present = [one for one in described if not one.removed or one.id is None or one.id in existing]
    specs = [_subscription_spec(one, target, existing) for one in present]
    removals: list[Subscription] = []
    if any(one.removed for one in present):
        matches = match_subscriptions(specs, target.subscriptions)
        removals = [match for one, match in zip(present, matches, strict=True) if one.removed and match is not None]
    removed = {one["id"] for one in removals}
    wanted = [spec for one, spec in zip(present, specs, strict=True) if not one.removed]
    return wanted, removals, [one for one in target.subscriptions if one["id"] not in removed]


def _destination_spec(description: DestinationDescription, target: Target) -> DestinationSpec:
    actual_name = (target.actual.get("name") or "") if target.actual is not None else ""
    return DestinationSpec(
        source_id=target.source_id,
        metadata_id=target.metadata_id,
        name=actual_name if description.name is None else description.name,
        settings=description.settings,
        enabled=description.enabled,
        templated=description.templated,
    )


def _subscription_spec(
    one: SubscriptionDescription, target: Target, existing: Mapping[str, Subscription]
) -> SubscriptionSpec:
    try:
        action_id = resolve_slug("action", one.action, target.actions)
    except ValueError as error:
        raise ValueError(f"{one.label}: {error}") from None
    actual = existing.get(one.id) if one.id is not None else None
    left_alone = actual or {"name": one.id or "", "trigger": ""}
    return SubscriptionSpec(
        name=left_alone["name"] if one.name is None else one.name,
        action_id=action_id,
        trigger=left_alone["trigger"] if one.trigger is None else one.trigger,
        enabled=one.enabled,
        settings=one.settings,
        model_id=one.model_id,
        reverse_etl_schedule=one.reverse_etl_schedule,
        id=one.id,
        previous_name=one.previous_name,
        templated=one.templated,
    )


def plan_warnings(plan: Plan, destination_type: TypeRecord | None = None) -> Iterator[str]:
    """Yield warnings about a plan: likely mistakes, and settings that could not be compared.

    :param plan: the plan of a description.
    :param destination_type: the type of the destination, with its options and actions.
    """
    yield from plan.warnings
    yield from _literal_password_warnings("", plan.destination.spec, options_of(destination_type))
    for part in plan.subscriptions:
        if part.spec is not None:
            fields = fields_of(destination_type, part.action_id)
            yield from _literal_password_warnings(f"subscription {part.name!r}: ", part.spec, fields)
    for label, diff in (
        ("", plan.destination.diff),
        *((f"subscription {p.name!r}: ", p.diff) for p in plan.subscriptions),
    ):
        for key in diff.hidden:
            yield f"{label}settings[{key!r}] was not compared: Segment shows too little of the secret"
        for key, hint in diff.unknown.items():
            yield f"{label}the type has no setting {key!r}; {hint}"
    if plan.others:
        yield (
            f"the source already has other destinations of this type: {first_few(plan.others)}; if one of them is this"
            " destination under another name, set previous_name or id to rename it, or events will be sent twice"
        )


def _literal_password_warnings(
    prefix: str, spec: DestinationSpec | SubscriptionSpec, declared: Sequence[CatalogOption | CatalogActionField]
) -> Iterator[str]:
    if keys := literal_passwords(spec.settings or {}, declared, templated=spec.templated):
        yield (
            f"{prefix}{literal_password_text(keys)}; anyone who can read the file can read it; write"
            " {$secret: <alias>} instead, or SecretRef('<connection id>') in a DAG file"
        )
