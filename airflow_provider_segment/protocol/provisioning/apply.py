"""Applying a description: read, plan, show the plan, carry it out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_segment.protocol.api.destinations import (
    destinations_listing,
    get_destination,
    update_destination,
)
from airflow_provider_segment.protocol.api.objects import Destination, Subscription
from airflow_provider_segment.protocol.api.subscriptions import subscriptions_listing
from airflow_provider_segment.protocol.errors import SegmentInvalidRequestError
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning import destination as destinations
from airflow_provider_segment.protocol.provisioning.apply_subscriptions import execute_subscriptions
from airflow_provider_segment.protocol.provisioning.creating import poll_until
from airflow_provider_segment.protocol.provisioning.diff import diff_settings
from airflow_provider_segment.protocol.provisioning.lookup import mask_and_warn, one_or_none
from airflow_provider_segment.protocol.provisioning.plan import ApplySummary, Plan, make_plan
from airflow_provider_segment.protocol.provisioning.plan_table import plan_table
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRequest:
    """What to apply, and how.

    :param spec: what the destination is to be.
    :param subscriptions: what its subscriptions are to be; ``None`` leaves them alone.
    :param destination_id: the destination; by default it is found by its identity. With it, ``described.name`` is a
        field like others, and renames.
    :param prune_subscriptions: remove subscriptions that are not described.
    :param max_prune: at most so many.
    :param rotate_secrets: count secrets that can't be compared as changed.
    :param wait_for_pending: before creating, keep looking for ``reconcile_timeout`` seconds, since an earlier try may
        have left a request in flight.
    """

    spec: DestinationSpec
    subscriptions: Sequence[SubscriptionSpec] | None = None
    destination_id: str | None = None
    prune_subscriptions: bool = False
    max_prune: int = 10
    rotate_secrets: bool = False
    wait_for_pending: bool = False


def apply_destination(options: CallOptions, *, request: ApplyRequest, write: bool) -> Flow[tuple[Plan, ApplySummary]]:
    """Read what there is, plan, show the plan in the log, and carry it out.

    :param request: what to apply.
    :param write: whether to carry the plan out.
    :return: the plan, and what was done or would be.
    :raises ValueError: what can't change would have to.
    :raises SegmentNotFoundError: there is no destination with the id given, or no such source.
    :raises SegmentSeveralMatchesError: several objects have an identity.
    :raises SegmentPruneLimitError: more would be removed than allowed.
    """
    options = options.redacting([request.spec.settings, *(one.settings for one in request.subscriptions or ())])
    plan = yield from plan_apply(options, request=request)
    if not write:
        return plan, plan.summary()
    return plan, (yield from execute_plan(options, plan=plan))


def plan_apply(options: CallOptions, *, request: ApplyRequest) -> Flow[Plan]:
    """Read what there is, plan, and show the plan in the log.

    :param request: what to apply.
    :raises ValueError: what can't change would have to.
    :raises SegmentNotFoundError: there is no destination with the id given, or no such source.
    :raises SegmentSeveralMatchesError: several objects have an identity.
    :raises SegmentPruneLimitError: more would be removed than allowed.
    """
    spec = request.spec
    actual, others = yield from _read_destination(options, request)
    plan = make_plan(
        spec,
        request.subscriptions,
        actual=actual,
        actual_subscriptions=(yield from _read_subscriptions(options, request, actual)),
        others=others,
        prune_subscriptions=request.prune_subscriptions,
        max_prune=request.max_prune,
        rotate_secrets=request.rotate_secrets,
    )
    yield from _show(plan)
    return plan


def execute_plan(options: CallOptions, *, plan: Plan) -> Flow[ApplySummary]:
    """Carry out a plan; safe to break off at any call and to begin anew.

    :param plan: what to do.
    :return: what was done.
    :raises SegmentError: Segment refused; the message names the object. What was done before stays, and a new apply
        goes on from there.
    """
    if plan.is_empty:
        yield Log("everything is as described already: nothing written")
        return plan.summary()
    destination_id, ignored = yield from _apply_destination_plan(options, plan)
    ids = yield from execute_subscriptions(options, plan, destination_id)
    if plan.destination.diff.changes.get("enabled"):
        yield from update_destination(options, id=destination_id, enabled=True)
    return plan.summary(destination_id=destination_id, ids=ids, ignored=ignored)


def _read_destination(options: CallOptions, request: ApplyRequest) -> Flow[tuple[Destination | None, list[str]]]:
    if request.destination_id is not None:
        return (yield from get_destination(options, id=request.destination_id)), []
    identity = request.spec.identity
    listed = yield from poll_until(
        lambda: collect(destinations_listing(source_id=identity.source_id), options),
        lambda found: bool(destinations.matching(found, identity)),
        seconds=options.reconcile_timeout if request.wait_for_pending else 0,
        awaited=str(identity),
    )
    actual = one_or_none(destinations.matching(listed, identity), identity)
    others = [
        found["id"]
        for found in listed
        if found["metadata"]["id"] == identity.metadata_id and (actual is None or found["id"] != actual["id"])
    ]
    return actual, others


def _read_subscriptions(
    options: CallOptions, request: ApplyRequest, actual: Destination | None
) -> Flow[Sequence[Subscription]]:
    """List them; patiently until all that are described are there, as far as ``reconcile_timeout`` goes."""
    if request.subscriptions is None or actual is None:
        return ()
    wanted = {(one.action_id, one.name) for one in request.subscriptions}
    listing = subscriptions_listing(destination_id=actual["id"])
    return (
        yield from poll_until(
            lambda: collect(listing, options),
            lambda listed: wanted <= {(found["actionId"], found["name"]) for found in listed},
            seconds=options.reconcile_timeout if request.wait_for_pending else 0,
            awaited="subscriptions that an earlier try may have created",
        )
    )


def _show(plan: Plan) -> Flow[None]:
    identity = plan.destination.spec.identity
    yield Log("plan:", lines=tuple(plan_table(plan).split("\n")))
    yield from mask_and_warn(identity, plan.destination.diff)
    for part in plan.subscriptions:
        yield from mask_and_warn(f"subscription {part.name!r}", part.diff)
    if plan.others:
        yield Log(
            f"source {identity.source_id} has other destinations of type {identity.metadata_id}:"
            f" {', '.join(plan.others)}; if one of them is this one under an earlier name, every event is sent twice"
            " (give its destination_id to rename it)",
            logging.WARNING,
        )


def _apply_destination_plan(options: CallOptions, plan: Plan) -> Flow[tuple[str, list[str]]]:
    """Create or change the destination; disabling happens here, enabling at the very end."""
    part = plan.destination
    if part.id is None:
        created = yield from destinations.create_from_spec(options, part.spec, confirm=True)
        yield Log(f"created {part.spec.identity}: {created['id']}")
        return created["id"], (yield from _ignored_settings(part.spec.settings, created))
    changes = dict(part.diff.changes)
    if changes.get("enabled"):
        del changes["enabled"]
    return part.id, (yield from _change_destination(options, part.id, changes))


def _change_destination(options: CallOptions, destination_id: str, changes: Mapping[str, Any]) -> Flow[list[str]]:
    if not changes:
        return []
    settings = changes.get("settings")
    try:
        changed = yield from update_destination(options, id=destination_id, **changes)
    except SegmentInvalidRequestError as error:
        # What Segment says when all settings of an update are read-only.
        if error.status != 400 or settings is None:
            raise
        yield Log(f"{error}; its settings are left as they are", logging.WARNING)
        rest = {field: value for field, value in changes.items() if field != "settings"}
        yield from _change_destination(options, destination_id, rest)
        current = yield from get_destination(options, id=destination_id)
        return (yield from _ignored_settings(settings, current))
    yield Log(f"changed destination {destination_id}")
    return (yield from _ignored_settings(settings or {}, changed))


def _ignored_settings(settings: Mapping[str, Any], response: Destination) -> Flow[list[str]]:
    """Name the settings that the answer shows otherwise than they were sent: read-only ones."""
    ignored = list(diff_settings(settings, response["settings"]).changed)
    for key in ignored:
        yield Log(f"settings[{key!r}] did not take: Segment keeps its own value", logging.WARNING)
    return ignored
