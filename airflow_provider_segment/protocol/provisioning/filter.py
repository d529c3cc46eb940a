"""Creating a filter from its description, and changing or removing one selected by id or identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from airflow_provider_segment.protocol.api.destinations import get_destination
from airflow_provider_segment.protocol.api.filters import (
    delete_filter,
    filters_listing,
    get_filter,
    post_filter,
    update_filter,
)
from airflow_provider_segment.protocol.api.objects import Filter
from airflow_provider_segment.protocol.filter_arguments import relevant_actions
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.staleness import replan_when_stale
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.phrases import object_label
from airflow_provider_segment.protocol.provisioning.catalog_checks import check_new_name
from airflow_provider_segment.protocol.provisioning.creating import create_idempotently, find_one
from airflow_provider_segment.protocol.provisioning.filter_checks import run_filter_checks
from airflow_provider_segment.protocol.provisioning.filter_diff import diff_filter
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterCheck, FilterSpec
from airflow_provider_segment.protocol.provisioning.identity import FilterIdentity
from airflow_provider_segment.protocol.provisioning.lookup import (
    delete_resolved,
    handle_existing,
    resolve,
)
from airflow_provider_segment.protocol.provisioning.references import ResolvedIds, resolve_source


def find_filters(options: CallOptions, identity: FilterIdentity) -> Flow[list[Filter]]:
    """Return all filters that match an identity.

    :param identity: the filter's identity.
    :raises SegmentNotFoundError: the destination does not exist.
    """
    listed = yield from collect(filters_listing(destination_id=identity.destination_id), options)
    return [found for found in listed if found["title"] == identity.name]


def create_filter(
    options: CallOptions,
    *,
    destination_id: str,
    title: str,
    condition: str,
    actions: list[dict[str, Any]],
    enabled: bool = True,
    description: str | None = None,
    source_id: str | None = None,
) -> Flow[Filter]:
    """Create a filter; if the response is lost, check whether the filter exists before retrying.

    :param destination_id: id of its destination.
    :param title: display name.
    :param condition: FQL statement that selects events, such as ``type = "identify"``, or ``all``; the API calls it
        ``if``.
    :param actions: what happens to these events, such as ``[{"type": "DROP"}]``.
    :param enabled: whether it filters events.
    :param description: what it is for.
    :param source_id: id of the destination's source; by default, it is read from the destination.
    :return: the filter.
    :raises SegmentAmbiguousWriteError: responses were lost until the budget was spent.
    :raises SegmentSeveralMatchesError: several filters have this title now.
    """
    spec = FilterSpec(title=title, condition=condition, actions=actions, enabled=enabled, description=description)
    return (
        yield from create_from_spec(
            options, destination_id=destination_id, source_id=source_id, spec=spec, confirm=False
        )
    )


def create_from_spec(
    options: CallOptions,
    *,
    destination_id: str,
    source_id: str | None,
    spec: FilterSpec,
    confirm: bool = True,
    known_ids: frozenset[str] = frozenset(),
    on_created: Callable[[str], None] = lambda _: None,
) -> Flow[Filter]:
    """Create exactly one filter.

    :param destination_id: its destination.
    :param source_id: the destination's source; ``None`` reads it from the destination.
    :param spec: its description.
    :param confirm: check afterwards that it is the only one.
    :param known_ids: ids of existing filters, which are not this one even if they have its title.
    :param on_created: called with its id as soon as it is known.
    :return: the filter.
    """
    if source_id is None:
        source_id = (yield from get_destination(options, id=destination_id))["sourceId"]
    identity = spec.identity(destination_id)

    def find_new(options: CallOptions) -> Flow[list[Filter]]:
        found = yield from find_filters(options, identity)
        return [one for one in found if one["id"] not in known_ids]

    return (
        yield from create_idempotently(
            options,
            identity,
            create=lambda options: post_filter(
                options,
                destination_id=destination_id,
                source_id=source_id,
                title=spec.title,
                condition=spec.condition,
                actions=spec.actions,
                enabled=spec.enabled is not False,
                description=spec.description,
            ),
            find=find_new,
            confirm=confirm,
            on_created=on_created,
        )
    )


def ensure_filter(
    options: CallOptions,
    *,
    destination_id: str,
    spec: FilterSpec,
    if_exists: str,
    source_id: str | None = None,
    source: str | None = None,
    wait_for_pending: bool = False,
) -> Flow[str]:
    """Create a filter unless it already exists.

    :param destination_id: its destination.
    :param spec: its description.
    :param if_exists: ``reuse``, ``update`` or ``fail``.
    :param source_id: the destination's source; ``None`` reads it from the destination.
    :param source: slug or id of that source, instead of ``source_id``.
    :param wait_for_pending: before creating, poll for it for ``reconcile_timeout`` seconds, since an earlier try may
        have left a request in flight.
    :return: its id.
    :raises ValueError: the source is unknown or ambiguous.
    """
    return (
        yield from replan_when_stale(
            options,
            lambda fresh, pending: _ensure(
                fresh,
                destination_id=destination_id,
                spec=spec,
                if_exists=if_exists,
                source_id=source_id,
                source=source,
                wait_for_pending=pending,
            ),
            wait_for_pending=wait_for_pending,
        )
    )


def _ensure(
    options: CallOptions,
    *,
    destination_id: str,
    spec: FilterSpec,
    if_exists: str,
    source_id: str | None,
    source: str | None,
    wait_for_pending: bool,
) -> Flow[str]:
    yield from run_filter_checks(options, [spec])
    identity = spec.identity(destination_id)
    existing = yield from find_one(
        options, identity, lambda options: find_filters(options, identity), wait_for_pending=wait_for_pending
    )
    if existing is None:
        check_new_name("filter", spec.title)
        if source is not None:
            source_id = yield from resolve_source(options, ResolvedIds(), source=source)
        created = yield from create_from_spec(options, destination_id=destination_id, source_id=source_id, spec=spec)
        yield Log(f"created {identity}: {created['id']}")
        return created["id"]
    diff = diff_filter(spec, existing)
    if (yield from handle_existing(existing["id"], identity, diff, if_exists=if_exists)):
        yield from update_filter(options, destination_id=destination_id, id=existing["id"], **diff.changes)
    return existing["id"]


def resolve_and_update_filter(
    options: CallOptions,
    *,
    destination_id: str,
    target: str | FilterIdentity,
    new_title: str | None = None,
    is_retry: bool = False,
    changes: Mapping[str, Any],
    checks: Sequence[FilterCheck] = (),
) -> Flow[str]:
    """Change a filter, sending only the arguments that are set.

    :param destination_id: its destination.
    :param target: id or identity.
    :param new_title: new display name.
    :param is_retry: whether an earlier try of the same task may have renamed it already.
    :param changes: further arguments of ``update_filter``, by name.
    :param checks: sample events to preview with the changed filter before it is written.
    :return: its id.
    :raises SegmentNotFoundError: it does not exist.
    """
    filter_id = yield from resolve(partial(find_filters, options), target, new_name=new_title, is_retry=is_retry)
    if checks:
        yield from _check_changed(options, destination_id, filter_id, changes, checks)
    changed = yield from update_filter(options, destination_id=destination_id, id=filter_id, title=new_title, **changes)
    yield Log(f"changed filter {object_label(changed['title'], filter_id)} of destination {destination_id}")
    return filter_id


def _check_changed(
    options: CallOptions,
    destination_id: str,
    filter_id: str,
    changes: Mapping[str, Any],
    checks: Sequence[FilterCheck],
) -> Flow[None]:
    """Preview sample events with the filter as it will be after the change."""
    existing = yield from get_filter(options, destination_id=destination_id, id=filter_id)
    spec = FilterSpec(
        title=existing["title"],
        condition=changes.get("condition", existing["if"]),
        actions=changes.get("actions") or relevant_actions(existing["actions"]),
        checks=tuple(checks),
    )
    yield from run_filter_checks(options, [spec])


def resolve_and_delete_filter(
    options: CallOptions, *, destination_id: str, target: str | FilterIdentity, if_missing: str
) -> Flow[str | None]:
    """Remove a filter.

    :param destination_id: its destination; if that no longer exists, neither does the filter.
    :param target: id or identity.
    :param if_missing: ``ignore`` or ``fail``.
    :return: its id; ``None`` if no filter has the identity.
    :raises SegmentNotFoundError: it does not exist and ``if_missing`` is ``fail``.
    """
    return (
        yield from delete_resolved(
            partial(find_filters, options),
            lambda filter_id: delete_filter(options, destination_id=destination_id, id=filter_id),
            target,
            if_missing=if_missing,
            parent_may_be_missing=True,
        )
    )
