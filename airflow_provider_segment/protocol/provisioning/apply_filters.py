"""Reading a destination's filters, and executing the filter steps of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from airflow_provider_segment.protocol.api.filters import delete_filter, filters_listing, update_filter
from airflow_provider_segment.protocol.api.objects import Filter
from airflow_provider_segment.protocol.errors import SegmentError, SegmentNotFoundError
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.creating import poll_until
from airflow_provider_segment.protocol.provisioning.filter import create_from_spec
from airflow_provider_segment.protocol.provisioning.filter_matching import match_filters
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterPlan, FilterStep
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec

_VERBS = {FilterStep.CREATE: "creating", FilterStep.REMOVE: "removing"}


def read_filters(
    options: CallOptions, *, destination_id: str, specs: Sequence[FilterSpec], wait_for_pending: bool
) -> Flow[list[Filter]]:
    """List the filters of a destination.

    :param destination_id: id of the destination.
    :param specs: the descriptions of its filters.
    :param wait_for_pending: poll for ``reconcile_timeout`` seconds until all described ones are listed, since an
        earlier try may have left a request in flight.
    """
    return (
        yield from poll_until(
            lambda: collect(filters_listing(destination_id=destination_id), options),
            lambda listed: _all_listed(specs, listed),
            seconds=options.pending_timeout if wait_for_pending else 0,
            awaited="filters that an earlier try may have created",
        )
    )


def execute_filters(
    options: CallOptions,
    plans: Sequence[FilterPlan],
    *,
    destination_id: str,
    source_id: str,
    last: bool,
    ids: dict[int, str],
) -> Flow[None]:
    """Execute the steps that block fewer events if ``last`` is true, and all other steps otherwise.

    :param plans: the steps of the plan.
    :param destination_id: the destination.
    :param source_id: its source.
    :param last: whether to execute the steps that block fewer events, which come after everything else.
    :param ids: filled with the ids of created filters, by their position in ``plans``.
    :raises SegmentError: Segment rejected a change; the message names the filter. Earlier changes stay.
    """
    known = frozenset(plan.id for plan in plans if plan.id is not None)
    for position, plan in enumerate(plans):
        if plan.step is FilterStep.KEEP or plan.step.blocks_less is not last:
            continue
        try:
            if plan.spec is not None and plan.id is None:
                created = yield from create_from_spec(
                    options,
                    destination_id=destination_id,
                    source_id=source_id,
                    spec=plan.spec,
                    known_ids=known | set(ids.values()),
                    on_created=partial(ids.__setitem__, position),
                )
                yield Log(f"created filter {plan.title!r}: {created['id']}")
            elif plan.id is not None:
                yield from _change_or_remove(options, plan, plan.id, destination_id)
        except SegmentError as error:
            error.explain(f"while {_VERBS.get(plan.step, 'changing')} filter {plan.title!r}")
            raise


def _change_or_remove(options: CallOptions, plan: FilterPlan, filter_id: str, destination_id: str) -> Flow[None]:
    if plan.step is not FilterStep.REMOVE:
        yield from update_filter(options, destination_id=destination_id, id=filter_id, **plan.diff.changes)
        yield Log(f"changed filter {plan.title!r}: {filter_id}")
        return
    try:
        yield from delete_filter(options, destination_id=destination_id, id=filter_id)
        yield Log(f"removed filter {filter_id}")
    except SegmentNotFoundError as error:
        yield Log(f"already removed: {error}")


def _all_listed(specs: Sequence[FilterSpec], listed: Sequence[Filter]) -> bool:
    try:
        return None not in match_filters(specs, listed)
    except SegmentNotFoundError:
        return False
