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
from airflow_provider_segment.protocol.flow.steps import Flow, Log, Terms
from airflow_provider_segment.protocol.provisioning import destination as destinations
from airflow_provider_segment.protocol.provisioning.apply_subscriptions import carry_out_subscriptions
from airflow_provider_segment.protocol.provisioning.creating import read_until
from airflow_provider_segment.protocol.provisioning.diff import compare_settings
from airflow_provider_segment.protocol.provisioning.lookup import mind_secrets, only_match
from airflow_provider_segment.protocol.provisioning.plan import Plan, Summary, make_plan
from airflow_provider_segment.protocol.provisioning.plan_table import plan_table
from airflow_provider_segment.protocol.provisioning.spec import DescribedDestination, DescribedSubscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What to apply, and how.

    :param described: what the destination is to be.
    :param subscriptions: what its subscriptions are to be; ``None`` leaves them alone.
    :param destination_id: the destination; by default it is found by its identity. With it, ``described.name`` is a
        field like others, and renames.
    :param prune_subscriptions: remove subscriptions that are not described.
    :param max_prune: at most so many.
    :param rotate_secrets: count secrets that can't be compared as changed.
    :param patient: look over ``settle`` seconds before creating, as when an earlier try may have died on the way.
    """

    described: DescribedDestination
    subscriptions: Sequence[DescribedSubscription] | None = None
    destination_id: str | None = None
    prune_subscriptions: bool = False
    max_prune: int = 10
    rotate_secrets: bool = False
    patient: bool = False


def apply_destination(terms: Terms, *, application: Application, write: bool) -> Flow[tuple[Plan, Summary]]:
    """Read what there is, plan, show the plan in the log, and carry it out.

    :param application: what to apply.
    :param write: whether to carry the plan out.
    :return: the plan, and what was done or would be.
    :raises ValueError: what can't change would have to.
    :raises SegmentNotFoundError: there is no destination with the id given, or no such source.
    :raises SegmentSeveralMatchesError: several objects have an identity.
    :raises SegmentPruneLimitError: more would be removed than allowed.
    """
    terms = terms.hiding([application.described.settings, *(one.settings for one in application.subscriptions or ())])
    plan = yield from plan_application(terms, application=application)
    if not write:
        return plan, plan.summary()
    return plan, (yield from carry_out(terms, plan=plan))


def plan_application(terms: Terms, *, application: Application) -> Flow[Plan]:
    """Read what there is, plan, and show the plan in the log.

    :param application: what to apply.
    :raises ValueError: what can't change would have to.
    :raises SegmentNotFoundError: there is no destination with the id given, or no such source.
    :raises SegmentSeveralMatchesError: several objects have an identity.
    :raises SegmentPruneLimitError: more would be removed than allowed.
    """
    described = application.described
    actual, others = yield from _read_destination(terms, application)
    plan = make_plan(
        described,
        application.subscriptions,
        actual=actual,
        actual_subscriptions=(yield from _read_subscriptions(terms, application, actual)),
        others=others,
        prune_subscriptions=application.prune_subscriptions,
        max_prune=application.max_prune,
        rotate_secrets=application.rotate_secrets,
    )
    yield from _show(plan)
    return plan


def carry_out(terms: Terms, *, plan: Plan) -> Flow[Summary]:
    """Carry out a plan; safe to break off at any call and to begin anew.

    :param plan: what to do.
    :return: what was done.
    :raises SegmentError: Segment refused; the message names the object. What was done before stays, and a new apply
        goes on from there.
    """
    if plan.is_empty:
        yield Log("everything is as described already: nothing written")
        return plan.summary()
    destination_id, ignored = yield from _settle_destination(terms, plan)
    ids = yield from carry_out_subscriptions(terms, plan, destination_id)
    if plan.destination.difference.changes.get("enabled"):
        yield from update_destination(terms, id=destination_id, enabled=True)
    return plan.summary(destination_id=destination_id, ids=ids, ignored=ignored)


def _read_destination(terms: Terms, application: Application) -> Flow[tuple[Destination | None, list[str]]]:
    if application.destination_id is not None:
        return (yield from get_destination(terms, id=application.destination_id)), []
    identity = application.described.identity
    listed = yield from read_until(
        lambda: collect(destinations_listing(source_id=identity.source_id), terms),
        lambda found: bool(destinations.matching(found, identity)),
        seconds=terms.settle if application.patient else 0,
        awaited=str(identity),
    )
    actual = only_match(destinations.matching(listed, identity), identity)
    others = [
        found["id"]
        for found in listed
        if found["metadata"]["id"] == identity.metadata_id and (actual is None or found["id"] != actual["id"])
    ]
    return actual, others


def _read_subscriptions(
    terms: Terms, application: Application, actual: Destination | None
) -> Flow[Sequence[Subscription]]:
    """List them; patiently until all that are described are there, as far as ``settle`` goes."""
    if application.subscriptions is None or actual is None:
        return ()
    wanted = {(one.action_id, one.name) for one in application.subscriptions}
    listing = subscriptions_listing(destination_id=actual["id"])
    return (
        yield from read_until(
            lambda: collect(listing, terms),
            lambda listed: wanted <= {(found["actionId"], found["name"]) for found in listed},
            seconds=terms.settle if application.patient else 0,
            awaited="subscriptions that an earlier try may have created",
        )
    )


def _show(plan: Plan) -> Flow[None]:
    identity = plan.destination.described.identity
    yield Log(f"plan:\n{plan_table(plan)}")
    yield from mind_secrets(identity, plan.destination.difference)
    for part in plan.subscriptions:
        yield from mind_secrets(f"subscription {part.name!r}", part.difference)
    if plan.others:
        yield Log(
            f"source {identity.source_id} has other destinations of type {identity.metadata_id}:"
            f" {', '.join(plan.others)}; if one of them is this one under an earlier name, every event is sent twice"
            " (give its destination_id to rename it)",
            logging.WARNING,
        )


def _settle_destination(terms: Terms, plan: Plan) -> Flow[tuple[str, list[str]]]:
    """Create or change the destination; disabling happens here, enabling at the very end."""
    part = plan.destination
    if part.id is None:
        created = yield from destinations.create_described(terms, part.described, confirm=True)
        yield Log(f"created {part.described.identity}: {created['id']}")
        return created["id"], (yield from _not_taken(part.described.settings, created))
    changes = dict(part.difference.changes)
    if changes.get("enabled"):
        del changes["enabled"]
    return part.id, (yield from _change_destination(terms, part.id, changes))


def _change_destination(terms: Terms, destination_id: str, changes: Mapping[str, Any]) -> Flow[list[str]]:
    if not changes:
        return []
    settings = changes.get("settings")
    try:
        changed = yield from update_destination(terms, id=destination_id, **changes)
    except SegmentInvalidRequestError as error:
        # What Segment says when all settings of an update are read-only.
        if error.status != 400 or settings is None:
            raise
        yield Log(f"{error}; its settings are left as they are", logging.WARNING)
        rest = {field: value for field, value in changes.items() if field != "settings"}
        yield from _change_destination(terms, destination_id, rest)
        current = yield from get_destination(terms, id=destination_id)
        return (yield from _not_taken(settings, current))
    yield Log(f"changed destination {destination_id}")
    return (yield from _not_taken(settings or {}, changed))


def _not_taken(settings: Mapping[str, Any], answer: Destination) -> Flow[list[str]]:
    """Name the settings that the answer shows otherwise than they were sent: read-only ones."""
    ignored = list(compare_settings(settings, answer["settings"]).changed)
    for key in ignored:
        yield Log(f"settings[{key!r}] did not take: Segment keeps its own value", logging.WARNING)
    return ignored
