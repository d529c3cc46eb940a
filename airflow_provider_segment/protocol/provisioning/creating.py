"""Creating exactly one object, although the API has no idempotency keys.

When a response is lost (a reset, a timeout, a 5xx, a truncated document), the object may or may not exist. The flow
then polls for it by its identity for ``reconcile_timeout`` seconds, since a slow server may still process the request
and lists may lag behind. It adopts what it finds, or sends the request again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TypeVar

from airflow_provider_segment.protocol.api.objects import Destination, Filter, Subscription
from airflow_provider_segment.protocol.errors import (
    SegmentAmbiguousWriteError,
    SegmentError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.protocol.flow.retry import FAULT_BACKOFF, backoff
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log, Pause
from airflow_provider_segment.protocol.provisioning.identity import Identity
from airflow_provider_segment.protocol.provisioning.lookup import one_or_none

T = TypeVar("T", Destination, Subscription, Filter)
V = TypeVar("V")
Find = Callable[[], Flow[list[T]]]


def create_idempotently(
    options: CallOptions, identity: Identity, *, create: Callable[[], Flow[T]], find: Find[T], confirm: bool
) -> Flow[T]:
    """Create exactly one object.

    :param options: ``reconcile_timeout`` and ``retry_budget``.
    :param identity: of the object.
    :param create: sends the request once.
    :param find: lists all objects with the identity.
    :param confirm: check afterwards that it is the only one, so that overlapping runs are detected; otherwise that is
        checked only after the request was sent again.
    :return: the object, created or adopted.
    :raises SegmentSeveralMatchesError: several objects have the identity now.
    :raises SegmentAmbiguousWriteError: it is unknown whether the object exists, and the budget is spent.
    """
    seconds, lost = 0.0, 0
    while True:
        try:
            created = yield from create()
        except SegmentAmbiguousWriteError as error:
            lost += 1
            seconds += error.seconds + options.reconcile_timeout
            adopted = yield from _find_lost(options, identity, find, error)
            if adopted is not None:
                yield Log(f"the response to creating {identity} was lost, but it was created: {adopted['id']}")
                return adopted
            yield _pause_before_repeating(options, identity, error, lost=lost, seconds=seconds)
            continue
        if confirm or lost:
            yield from _confirm(options, identity, find, created)
        return created


def find_one(options: CallOptions, identity: Identity, find: Find[T], *, wait_for_pending: bool) -> Flow[T | None]:
    """Find the object with an identity.

    :param options: ``reconcile_timeout``.
    :param identity: of the object.
    :param find: lists all objects with the identity.
    :param wait_for_pending: poll for ``reconcile_timeout`` seconds, since a request may still be in flight.
    :return: the object, as soon as it is listed.
    :raises SegmentSeveralMatchesError: there are several.
    """
    matches = yield from poll_until(
        find, bool, seconds=options.reconcile_timeout if wait_for_pending else 0, awaited=str(identity)
    )
    return one_or_none(matches, identity)


def poll_until(read: Callable[[], Flow[V]], enough: Callable[[V], bool], *, seconds: float, awaited: str) -> Flow[V]:
    """Poll, since lists may lag behind and a slow server may still process a request.

    :param read: reads once.
    :param enough: returns whether polling can stop.
    :param seconds: for how long; 0 reads once.
    :param awaited: what is awaited, for the log.
    :return: what was read last.
    """
    for pause in poll_pauses(seconds):
        if pause:
            yield Pause(pause, f"polling again in {pause:.1f} s for {awaited}", logging.INFO)
        value = yield from read()
        if enough(value):
            break
    return value


def _find_lost(
    options: CallOptions, identity: Identity, find: Find[T], lost: SegmentAmbiguousWriteError
) -> Flow[T | None]:
    yield Log(f"creating {identity}: {lost}; checking whether it exists", logging.WARNING)
    try:
        return (yield from find_one(options, identity, find, wait_for_pending=True))
    except SegmentSeveralMatchesError:
        raise
    except SegmentError as error:
        lost.explain(f"and the check whether it exists failed: {error}")
        raise lost from error


def _pause_before_repeating(
    options: CallOptions, identity: Identity, error: SegmentAmbiguousWriteError, *, lost: int, seconds: float
) -> Pause:
    wait = backoff(FAULT_BACKOFF, lost, jitter=1.0)
    if seconds + wait > options.retry_budget:
        error.explain(
            f"sent {lost} times over {seconds:.0f} s and never listed (retry_budget: {options.retry_budget:.0f} s)"
        )
        raise error
    return Pause(
        wait, f"{identity} was not listed within {options.reconcile_timeout:.0f} s; creating it again in {wait:.1f} s"
    )


def _confirm(options: CallOptions, identity: Identity, find: Find[T], created: T) -> Flow[None]:
    """Check that the created object is the only one; once it is listed, so is everything created before it."""

    def is_listed(matches: list[T]) -> bool:
        one_or_none(matches, identity)
        return any(match["id"] == created["id"] for match in matches)

    if is_listed(
        (
            yield from poll_until(
                find, is_listed, seconds=options.reconcile_timeout, awaited=f"the listing of {identity}"
            )
        )
    ):
        return
    yield Log(
        f"{identity} was created, but is not listed after {options.reconcile_timeout:.0f} s: {created['id']}",
        logging.WARNING,
    )


def poll_pauses(seconds: float) -> Iterator[float]:
    """Yield the pause before each poll: none before the first, then growing ones that add up to ``seconds``.

    :param seconds: 0 polls once.
    """
    yield 0.0
    pause, left = 0.5, seconds
    while left > 0:
        yield min(pause, left)
        left -= pause
        pause = min(pause * 2, 5.0)
