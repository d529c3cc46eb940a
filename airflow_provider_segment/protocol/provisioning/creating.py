"""Creation of exactly one object, although the API has no idempotency keys.

If a response is lost (a reset, a timeout, a 5xx, a truncated body), the object may or may not exist. The flow then
polls for it by its identity for ``reconcile_timeout`` seconds, since a slow server may still process the request and
lists may lag behind. It adopts the object if it finds it, and otherwise sends the request again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from airflow_provider_segment.protocol.api.objects import Destination, Filter, Subscription
from airflow_provider_segment.protocol.errors import (
    SegmentAmbiguousWriteError,
    SegmentConflictError,
    SegmentError,
    SegmentInvalidRequestError,
    SegmentSeveralMatchesError,
    SegmentUnexpectedResultError,
)
from airflow_provider_segment.protocol.flow.meter import Meter
from airflow_provider_segment.protocol.flow.retry import FAILURE_BACKOFF, backoff
from airflow_provider_segment.protocol.flow.staleness import StaleStateError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log, Pause
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.provisioning.identity import Identity
from airflow_provider_segment.protocol.provisioning.lookup import one_or_none

T = TypeVar("T", Destination, Subscription, Filter)
V = TypeVar("V")
Find = Callable[[CallOptions], Flow[list[T]]]


@dataclass(frozen=True, slots=True)
class Ensured:
    """The result of ensuring that an object exists.

    :param id: its id.
    :param ignored: labels of settings that Segment rejected or did not store.
    """

    id: str
    ignored: tuple[str, ...] = ()


def create_idempotently(
    options: CallOptions,
    identity: Identity,
    *,
    create: Callable[[CallOptions], Flow[T]],
    find: Find[T],
    confirm: bool,
    on_created: Callable[[str], None] = lambda _: None,
) -> Flow[T]:
    """Create exactly one object; ``retry_budget`` limits the total time of attempts, polls and pauses.

    :param options: ``reconcile_timeout`` and ``retry_budget``.
    :param identity: the object's identity.
    :param create: sends the request until it is applied, rejected, or its response is lost.
    :param find: lists all objects with the identity.
    :param confirm: check afterwards that it is the only one, so that overlapping runs are detected; otherwise this is
        checked only after the request was sent again.
    :return: the object, created or adopted.
    :raises SegmentSeveralMatchesError: several objects have the identity now.
    :raises SegmentAmbiguousWriteError: it is unknown whether the object exists, and the budget is spent.
    :raises StaleStateError: with ``confirm``, Segment rejected the create, and another run created the object.
    """
    meter, lost = Meter(), 0
    while True:
        left = replace(options, retry_budget=meter.left(options))
        try:
            created = yield from meter.run(create(left))
        except SegmentAmbiguousWriteError as error:
            lost += 1
            adopted = yield from _find_lost(options, meter, identity, find, error)
            if adopted is None:
                wait = _wait_before_repeating(options, meter, error, lost=lost)
                reason = f"{identity} is not listed yet; creating it again in {wait:.1f} s"
                yield from meter.run(_pause(Pause(wait, reason)))
                continue
        except SegmentError as error:
            if not lost:
                yield from _check_overtaken(options, identity, find, error, replan=confirm)
                raise
            adopted = yield from _find_after_rejection(options, identity, find, error)
            if adopted is None:
                raise
        else:
            on_created(created["id"])
            return (yield from _confirm(options, identity, find, created)) if confirm or lost else created
        on_created(adopted["id"])
        yield Log(f"the response was lost, but {identity} was created: {adopted['id']}")
        return adopted


def check_created(identity: Identity, created: Destination | Subscription, *, enabled: bool) -> None:
    """Raise if the name or the ``enabled`` flag of a created object differs from the request.

    The next run would not find an object with a different name, and would create a duplicate.

    :param identity: the object's identity.
    :param created: the object as Segment returned it.
    :param enabled: whether it should be enabled.
    :raises SegmentUnexpectedResultError: the name or the flag differs.
    """
    pairs = {"name": (identity.name, created.get("name")), "enabled": (enabled, created["enabled"])}
    for field, (expected, actual) in pairs.items():
        if expected != actual:
            raise SegmentUnexpectedResultError(
                f"{identity} was created as {created['id']}, but its {field} is {actual!r} instead of {expected!r};"
                " change the description to match, or delete the object",
                id=created["id"],
            )


def find_one(options: CallOptions, identity: Identity, find: Find[T], *, wait_for_pending: bool) -> Flow[T | None]:
    """Find the object that matches an identity.

    :param options: ``reconcile_timeout``.
    :param identity: the object's identity.
    :param find: lists all objects with the identity.
    :param wait_for_pending: poll for ``pending_timeout`` seconds, since a request may still be in flight.
    :return: the object, as soon as it is listed.
    :raises SegmentSeveralMatchesError: there are several.
    """
    seconds = options.pending_timeout if wait_for_pending else 0
    matches = yield from poll_until(lambda: find(options), bool, seconds=seconds, awaited=str(identity))
    return one_or_none(matches, identity)


def poll_until(read: Callable[[], Flow[V]], enough: Callable[[V], bool], *, seconds: float, awaited: str) -> Flow[V]:
    """Poll until ``enough`` returns true or time is up.

    Lists may lag, and a slow server may still be processing an earlier request.

    :param read: reads once.
    :param enough: returns whether polling can stop.
    :param seconds: how long to poll, in seconds; 0 reads once.
    :param awaited: what the poll waits for, for the log.
    :return: what was read last.
    """
    for pause in poll_pauses(seconds):
        if pause:
            yield Pause(pause, f"waiting for {awaited}; polling again in {pause:.1f} s", logging.INFO)
        value = yield from read()
        if enough(value):
            break
    return value


def _find_lost(
    options: CallOptions, meter: Meter, identity: Identity, find: Find[T], lost: SegmentAmbiguousWriteError
) -> Flow[T | None]:
    yield Log(f"creating {identity}: {lost}; checking whether it exists", logging.WARNING)
    left = meter.left(options)
    timeout = min(options.reconcile_timeout, left)
    capped = replace(options, retry_budget=left, reconcile_timeout=timeout, pending_age=0.0)
    try:
        return (yield from meter.run(find_one(capped, identity, find, wait_for_pending=True)))
    except SegmentSeveralMatchesError:
        raise
    except SegmentError as error:
        lost.explain(f"could not check whether the object exists: {error}")
        raise lost from error


def _check_overtaken(
    options: CallOptions, identity: Identity, find: Find[T], rejection: SegmentError, *, replan: bool
) -> Flow[None]:
    """Check whether Segment rejected a create because an overlapping run had created the object first.

    :param rejection: the error, which is explained if the object exists.
    :param replan: raise ``StaleStateError`` if it exists, so that it is treated like any existing object.
    """
    if not isinstance(rejection, SegmentInvalidRequestError | SegmentConflictError):
        return
    try:
        matches = yield from find(options)
    except SegmentError as error:
        yield Log(f"creating {identity}: could not check whether it exists: {error}", logging.WARNING)
        return
    if not matches:
        return
    ids = ", ".join(match["id"] for match in matches)
    if replan:
        raise StaleStateError(f"{rejection}; {identity} exists now: {ids}", rejection=rejection)
    rejection.explain(f"it already exists: {ids}")


def _find_after_rejection(
    options: CallOptions, identity: Identity, find: Find[T], rejection: SegmentError
) -> Flow[T | None]:
    """Find the object if an earlier request created it, which may be why Segment rejected the repeated request."""
    yield Log(
        f"the repeated request to create {identity} failed: {rejection}; checking whether an earlier one created it",
        logging.WARNING,
    )
    try:
        return (yield from find_one(options, identity, find, wait_for_pending=False))
    except SegmentSeveralMatchesError:
        raise
    except SegmentError as error:
        rejection.explain(f"could not check whether the object exists: {error}")
        raise rejection from error


def _wait_before_repeating(
    options: CallOptions, meter: Meter, error: SegmentAmbiguousWriteError, *, lost: int
) -> float:
    wait = max(backoff(FAILURE_BACKOFF, lost, jitter=1.0), min(error.retry_after or 0.0, meter.left(options)))
    if wait > meter.left(options):
        error.explain(
            f"sent {counted(lost, 'time')} over {meter.seconds:.0f} s, but Segment never listed the object"
            f" (retry_budget: {options.retry_budget:.0f} s)"
        )
        raise error
    return wait


def _pause(pause: Pause) -> Flow[None]:
    yield pause


def _confirm(options: CallOptions, identity: Identity, find: Find[T], created: T) -> Flow[T]:
    """Poll until the created object is listed, and raise if several objects have its identity.

    Once it is listed, so is any object created before it.
    """

    def is_listed(matches: list[T]) -> bool:
        try:
            one_or_none(matches, identity)
        except SegmentSeveralMatchesError as error:
            error.explain(
                f"this task created {created['id']}; another run or an earlier request created the other object"
            )
            raise
        return any(match["id"] == created["id"] for match in matches)

    awaited = f"{identity} to be listed"
    listed = yield from poll_until(lambda: find(options), is_listed, seconds=options.reconcile_timeout, awaited=awaited)
    if not is_listed(listed):
        yield Log(
            f"{identity} was created, but was still not listed after {options.reconcile_timeout:.0f} s:"
            f" {created['id']}",
            logging.WARNING,
        )
    return created


def poll_pauses(seconds: float) -> Iterator[float]:
    """Yield the pause before each poll: first 0, then pauses that grow to at most 5 s and add up to ``seconds``.

    :param seconds: total of the pauses; 0 polls once.
    """
    yield 0.0
    pause, left = 0.5, seconds
    while left > 0:
        yield min(pause, left)
        left -= pause
        pause = min(pause * 2, 5.0)
