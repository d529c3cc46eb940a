"""Creating exactly one, although the API has no idempotency keys.

When a response is lost (a reset, a timeout, a 5xx, half a document), the object may or may not exist. The flow then
looks for it by its identity for ``reconcile_timeout`` seconds, since a slow server may still process the request and
lists may lag behind. It adopts what it finds, or sends the request again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TypeVar

from airflow_provider_segment.protocol.api.objects import Destination, Subscription
from airflow_provider_segment.protocol.errors import (
    SegmentAmbiguousWriteError,
    SegmentError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.protocol.flow.retry import FAULT_BACKOFF, backoff
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log, Pause
from airflow_provider_segment.protocol.provisioning.identity import Identity
from airflow_provider_segment.protocol.provisioning.lookup import one_or_none

T = TypeVar("T", Destination, Subscription)
V = TypeVar("V")
Find = Callable[[], Flow[list[T]]]


def create_idempotently(
    options: CallOptions, identity: Identity, *, create: Callable[[], Flow[T]], find: Find[T], confirm: bool
) -> Flow[T]:
    """Create an object, and know in the end that there is one.

    :param options: ``reconcile_timeout``, and the budget for faults.
    :param identity: of the object.
    :param create: sends the request.
    :param find: lists all objects with the identity.
    :param confirm: look afterwards in any case, so that a run that overlapped with this one is noticed; otherwise
        only after the request had to be sent again.
    :return: the object, created or adopted.
    :raises SegmentSeveralMatchesError: there are several now.
    :raises SegmentAmbiguousWriteError: nobody knows, and the budget is spent.
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
                yield Log(f"the answer to creating {identity} was lost, but it was created: {adopted['id']}")
                return adopted
            yield _pause_before_repeating(options, identity, error, lost=lost, seconds=seconds)
            continue
        if confirm or lost:
            yield from _confirm(options, identity, find, created)
        return created


def find_one(options: CallOptions, identity: Identity, find: Find[T], *, wait_for_pending: bool) -> Flow[T | None]:
    """Look for an object.

    :param options: ``reconcile_timeout``.
    :param identity: of the object.
    :param find: lists all objects with the identity.
    :param wait_for_pending: look again and again over ``reconcile_timeout`` seconds, for what may still be on its way.
    :return: the object as soon as it is seen.
    :raises SegmentSeveralMatchesError: there are several.
    """
    found = yield from poll_until(
        find, bool, seconds=options.reconcile_timeout if wait_for_pending else 0, awaited=str(identity)
    )
    return one_or_none(found, identity)


def poll_until(read: Callable[[], Flow[V]], enough: Callable[[V], bool], *, seconds: float, awaited: str) -> Flow[V]:
    """Read again and again, since lists may lag behind and a slow server may still be at work.

    :param read: reads once.
    :param enough: whether that is what was waited for.
    :param seconds: how long; 0 for a single time.
    :param awaited: what is waited for, for the log.
    :return: what was read last.
    """
    for pause in poll_pauses(seconds):
        if pause:
            yield Pause(pause, f"looking again in {pause:.1f} s for {awaited}", logging.INFO)
        found = yield from read()
        if enough(found):
            break
    return found


def _find_lost(
    options: CallOptions, identity: Identity, find: Find[T], lost: SegmentAmbiguousWriteError
) -> Flow[T | None]:
    yield Log(f"creating {identity}: {lost}; looking for it", logging.WARNING)
    try:
        return (yield from find_one(options, identity, find, wait_for_pending=True))
    except SegmentSeveralMatchesError:
        raise
    except SegmentError as error:
        lost.explain(f"and looking for it failed: {error}")
        raise lost from error


def _pause_before_repeating(
    options: CallOptions, identity: Identity, error: SegmentAmbiguousWriteError, *, lost: int, seconds: float
) -> Pause:
    wait = backoff(FAULT_BACKOFF, lost, jitter=1.0)
    if seconds + wait > options.retry_budget:
        error.explain(
            f"sent {lost} times over {seconds:.0f} s and never seen (retry_budget: {options.retry_budget:.0f} s)"
        )
        raise error
    return Pause(
        wait, f"{identity} was not created within {options.reconcile_timeout:.0f} s; sending it again in {wait:.1f} s"
    )


def _confirm(options: CallOptions, identity: Identity, find: Find[T], created: T) -> Flow[None]:
    """Make sure that it is the only one; when it is listed itself, so is whatever was created before it."""

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


def poll_pauses(reconcile_timeout: float) -> Iterator[float]:
    """Pauses before each look: none before the first, then growing ones, ``reconcile_timeout`` seconds in all.

    :param reconcile_timeout: seconds; 0 for a single look.
    """
    yield 0.0
    pause, left = 0.5, reconcile_timeout
    while left > 0:
        yield min(pause, left)
        left -= pause
        pause = min(pause * 2, 5.0)
