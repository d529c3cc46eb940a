"""Replanning one destination right before its changes are written, because its plan may be minutes old."""

from __future__ import annotations

from dataclasses import dataclass, replace

from airflow_provider_segment.protocol.api.objects import Destination
from airflow_provider_segment.protocol.errors import SegmentNotFoundError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.catalog_checks import read_type
from airflow_provider_segment.protocol.provisioning.creating import poll_until
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity
from airflow_provider_segment.protocol.workspace.listings import LASTS, Clocks, Listings
from airflow_provider_segment.protocol.workspace.plan import PlannedDestination
from airflow_provider_segment.protocol.workspace.plan_destination import Target, find_destination
from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions, plan_target
from airflow_provider_segment.protocol.workspace.progress import DestinationProgress
from airflow_provider_segment.protocol.workspace.reading import read_destination


@dataclass(slots=True)
class Pending:
    """The start of the period in which requests of another try may still be in flight.

    For ``reconcile_timeout`` seconds after it, nothing is created, and older lists are read again.

    :param since: the clocks when this try started, or resumed after a suspension; ``None`` if there is no other try.
    """

    since: Clocks | None = None

    def renew(self, options: CallOptions) -> None:
        """Record that the process was suspended until now.

        :param options: the clocks.
        """
        self.since = options.clocks()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long requests of an earlier try may still be in flight.

    :param seconds: how long to poll before something is created.
    :param max_age: maximum age of a list that shows everything that they created; negative if there is no such list.
    """

    seconds: float = 0
    max_age: float = LASTS


def waiting(options: CallOptions, pending: Pending, *, stale: bool) -> Waiting:
    """Return how long requests of an earlier try may still be in flight.

    :param options: the clocks, and ``reconcile_timeout``.
    :param pending: the start of the period in which they may be in flight.
    :param stale: whether the process was suspended just now.
    """
    if stale:
        return Waiting(options.reconcile_timeout, -1)
    if pending.since is None:
        return Waiting()
    # Use the smaller elapsed time: the other clock may have been set forward.
    elapsed = min(now - then for then, now in zip(pending.since, options.clocks(), strict=True))
    settled = elapsed - options.reconcile_timeout
    return Waiting(max(0.0, -settled), min(LASTS, settled))


def plan_again(
    options: CallOptions,
    item: PlannedDestination,
    progress: DestinationProgress,
    listings: Listings,
    how: PlanOptions,
    wait: Waiting,
) -> Flow[PlannedDestination]:
    """Plan a destination again, from its current state.

    :param item: its earlier plan.
    :param progress: what was done since that plan.
    :param listings: the destinations of its source, if they have been read.
    :param how: how it was planned.
    :param wait: how long requests of an earlier try may be in flight.
    :return: the item with a plan, or with an error.
    :raises SegmentNotFoundError: it existed and does not exist any more.
    """
    listed: list[Destination] = []
    actual: Destination | None
    if progress.id is not None:
        actual = yield from read_destination(options, progress.id)
        if actual is None:
            raise SegmentNotFoundError(f"destination {progress.id} no longer exists", status=404)
    else:
        listed = yield from poll_until(
            lambda: listings.read(options, item.source_id, max_age=wait.max_age),
            lambda listed: _find(item, listed) is not None,
            seconds=wait.seconds,
            awaited=item.description.label,
        )
        actual = _find(item, listed)
    if item.type is None:
        item = yield from _with_type(options, item, actual, listed)
    target = Target(source_id=item.source_id, metadata_id=item.metadata_id, actual=actual)
    return (yield from plan_target(options, item, target, how, pending=wait.seconds, progress=progress.apply))


def _find(item: PlannedDestination, listed: list[Destination]) -> Destination | None:
    return find_destination(
        item.description, source_id=item.source_id, metadata_id=item.metadata_id, destinations=listed
    )


def _with_type(
    options: CallOptions, item: PlannedDestination, actual: Destination | None, listed: list[Destination]
) -> Flow[PlannedDestination]:
    """Add the type to an item that was planned before the apply was interrupted."""
    if actual is not None:
        return replace(item, type=actual["metadata"])
    identity = DestinationIdentity(
        source_id=item.source_id, metadata_id=item.metadata_id, name=item.description.name or ""
    )
    return replace(item, type=(yield from read_type(options, identity, listed)))
