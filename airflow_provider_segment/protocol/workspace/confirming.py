"""Checking, source by source, that each created destination is the only one with its identity."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from airflow_provider_segment.protocol.api.objects import Destination
from airflow_provider_segment.protocol.errors import SegmentError, SegmentSeveralMatchesError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.provisioning.creating import poll_until
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity
from airflow_provider_segment.protocol.provisioning.lookup import one_or_none
from airflow_provider_segment.protocol.workspace.locate_targets import is_fatal
from airflow_provider_segment.protocol.workspace.plan import AppliedDestination, PlannedDestination
from airflow_provider_segment.protocol.workspace.reading import read_destinations


def confirm_created(
    options: CallOptions, items: Sequence[PlannedDestination], results: Sequence[AppliedDestination]
) -> Flow[tuple[AppliedDestination, ...]]:
    """Check that overlapping runs did not create the same destinations; send no request if this run created none.

    :param items: the planned destinations.
    :param results: what happened to each.
    :return: the results; if there are several destinations now, the result is a failure, and its error holds their ids.
    """
    # Failed results count too: the destination may exist, although one of its subscriptions was rejected.
    attempted = ("created", "failed")
    created = [
        number
        for number, (item, one) in enumerate(zip(items, results, strict=True))
        if item.result == "created" and one.result in attempted
    ]
    checked = list(results)
    for source_id in dict.fromkeys(items[number].source_id for number in created):
        numbers = [number for number in created if items[number].source_id == source_id]
        ids = {one.destination_id for one in (results[number] for number in numbers) if one.destination_id is not None}
        failures = yield from _confirm(options, source_id, {number: items[number] for number in numbers}, ids)
        for number, error in failures.items():
            one = results[number]
            if one.error is not None and not isinstance(error, SegmentSeveralMatchesError):
                continue
            if one.error is not None:
                error.explain(f"and before that: {one.error}")
            yield Log(f"failed: {one.label} ({one.path}): {error}", logging.ERROR)
            checked[number] = replace(one, result="failed", error=error)
    return tuple(checked)


def _confirm(
    options: CallOptions, source_id: str, items: dict[int, PlannedDestination], ids: set[str]
) -> Flow[dict[int, SegmentError]]:
    """Return an error for each item that exists more than once, or for every item if the check fails."""
    try:
        # Once these are listed, everything created before them is listed too.
        listed = yield from poll_until(
            lambda: read_destinations(options, source_id=source_id),
            lambda listed: ids <= {one["id"] for one in listed},
            seconds=options.reconcile_timeout,
            awaited=f"the created destinations of source {source_id} to be listed",
        )
    except SegmentError as error:
        if is_fatal(error):
            raise
        error.explain("while checking for duplicates of the created destinations")
        return dict.fromkeys(items, error)
    if missing := sorted(ids - {one["id"] for one in listed}):
        unlisted = counted(len(missing), "created destination was", "created destinations were")
        yield Log(
            f"{unlisted} still not listed after {options.reconcile_timeout:.0f} s: {', '.join(missing)}",
            logging.WARNING,
        )
    return dict(_duplicates(items, listed))


def _duplicates(
    items: dict[int, PlannedDestination], listed: Sequence[Destination]
) -> Iterator[tuple[int, SegmentError]]:
    for number, item in items.items():
        identity = DestinationIdentity(
            source_id=item.source_id,
            metadata_id=item.metadata_id,
            name=item.description.name or "",
        )
        try:
            one_or_none(
                [
                    one
                    for one in listed
                    if (one["metadata"]["id"], one.get("name")) == (identity.metadata_id, identity.name)
                ],
                identity,
            )
        except SegmentError as error:
            error.explain("another run or an earlier request created one of these destinations")
            yield number, error
