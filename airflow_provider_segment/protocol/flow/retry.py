"""The retry policy: whether and when to retry, as a pure function."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from airflow_provider_segment.protocol.errors import (
    SegmentAmbiguousWriteError,
    SegmentConnectionError,
    SegmentError,
    SegmentProtocolError,
    SegmentRateLimitError,
    SegmentServerError,
)
from airflow_provider_segment.protocol.flow.retry_state import RetryState, UnfinishedCall
from airflow_provider_segment.protocol.flow.steps import CallOptions, Outcome, Pause
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.wire.messages import HeldBack, Response
from airflow_provider_segment.protocol.wire.operation import Call
from airflow_provider_segment.protocol.wire.rate_limit import (
    MAX_RETRY_AFTER,
    OWN_LIMIT,
    RetryAfter,
    parse_retry_after,
    retry_after_seconds,
)

FAILURE_BACKOFF = (0.5, 30.0)
"""First and maximum wait after a failed attempt, in seconds; it doubles in between."""

_MIN_RATE_LIMIT_BACKOFF = (0.25, 5.0)
"""Minimum wait after a 429: without it, a server that keeps requesting 0 seconds would cause a hot loop."""

_DEFAULT_RATE_LIMIT_BACKOFF = (1.0, 60.0)
"""First and maximum wait after a 429 that requests none, in seconds; no known window is longer than a minute."""


_TRANSIENT_STATUSES = {408, 421, 425}
"""Request Timeout, Misdirected Request, Too Early: the same request may succeed later. RFC 9110 and 8470."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The decision to retry.

    :param pause: wait before the retry.
    :param state: the new state of the call.
    """

    pause: Pause
    state: RetryState


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The decision to fail.

    :param error: error to raise; its message says how often and how long the call was tried.
    """

    error: SegmentError


def decide(
    call: Call[object], error: SegmentError, outcome: Outcome, state: RetryState, options: CallOptions, *, jitter: float
) -> Retry | GiveUp:
    """Decide whether to retry after a failed attempt.

    :param call: the call that was made.
    :param error: error that its outcome was decoded to.
    :param outcome: response or failure of the attempt.
    :param state: earlier failed attempts of this call.
    :param options: the budgets.
    :param jitter: random number from 0 to 1; keeps many tasks from retrying in step.
    """
    if isinstance(error, SegmentRateLimitError) and isinstance(outcome, Response):
        return _after_rate_limit(call, error, parse_retry_after(outcome, error.errors), state, options, jitter)
    if call.operation.creates and _maybe_applied(error):
        ambiguous = _ambiguous(error, seconds=state.failure_seconds + outcome.seconds)
        ambiguous.retry_after = _requested_wait(outcome)
        return GiveUp(ambiguous)
    status = getattr(error, "status", 0)
    if status in _TRANSIENT_STATUSES or (status == 409 and call.request.method == "GET"):
        error.transient = True
    if not error.transient:
        return GiveUp(error)
    return _after_fault(error, outcome, state, options, jitter)


def hold_back(call: Call[object], held: HeldBack, state: RetryState, options: CallOptions) -> tuple[RetryState, Pause]:
    """Return the new retry state and the pause for a request that a known rate limit holds back.

    :param call: the call.
    :param held: the wait that the rate limit requires.
    :param state: earlier failed attempts of this call.
    :param options: the budgets.
    :raises SegmentRateLimitError: the wait would exceed the ``rate_limit_budget``.
    """
    waited = state.rate_limit_seconds + held.seconds
    if waited > options.rate_limit_budget:
        error = SegmentRateLimitError(
            f"{call} was not sent: the rate limit{_per_minute(held.limit)} delays it by {held.seconds:.0f} s, which"
            f" would exceed the rate_limit_budget of {options.rate_limit_budget:.0f} s ({options.connection})",
            status=429,
            method=call.request.method,
            path=call.request.path,
        )
        error.retry_after = held.seconds
        raise error
    level = logging.INFO if held.seconds >= _WORTH_A_LINE else logging.DEBUG
    reason = (
        f"{call} is held back by the rate limit{_per_minute(held.limit)}: sending in {held.seconds:.1f} s"
        f" (rate_limit_budget: {waited:.0f} of {options.rate_limit_budget:.0f} s)"
    )
    state = replace(state, rate_limit_seconds=waited)
    return state, Pause(held.seconds, reason, level, for_rate_limit=True, call=_unfinished(call, state))


def _per_minute(limit: int | None, label: str = "") -> str:
    """Format a rate limit for a message, in parentheses; return an empty string if the limit is not known."""
    return "" if limit is None else f" ({label}{limit} a minute)"


_WORTH_A_LINE = 5.0
"""Shortest wait for a rate limit, in seconds, that is logged at INFO."""


def _maybe_applied(error: SegmentError) -> bool:
    """Return whether the request may have been applied; ``False`` if it was rejected, rate limited or never sent."""
    if isinstance(error, SegmentConnectionError):
        return error.sent
    if getattr(error, "status", 0) == 408:
        return True  # a gateway may have passed the request on before it gave up
    if isinstance(error, SegmentProtocolError):
        return 200 <= error.status < 300
    return isinstance(error, SegmentServerError)


def _requested_wait(outcome: Outcome) -> float | None:
    """Return the wait that a 503 response requests, in seconds; ``None`` if there is none."""
    if not isinstance(outcome, Response) or outcome.status != 503:
        return None
    seconds = retry_after_seconds(outcome)
    return None if seconds is None else max(0.0, seconds)


def _after_rate_limit(
    call: Call[object],
    error: SegmentRateLimitError,
    requested: RetryAfter | None,
    state: RetryState,
    options: CallOptions,
    jitter: float,
) -> Retry | GiveUp:
    count = state.rate_limits + 1
    if requested is None:
        wait, source = backoff(_DEFAULT_RATE_LIMIT_BACKOFF, count, jitter), "no wait requested"
    else:
        wait, source = max(requested.seconds, backoff(_MIN_RATE_LIMIT_BACKOFF, count, jitter)), requested.source
    waited = state.rate_limit_seconds + wait
    if waited > options.rate_limit_budget:
        error.retry_after = min(wait, MAX_RETRY_AFTER)
        error.explain(
            f"rate limited {counted(count, 'time')} and waited {state.rate_limit_seconds:.0f} s so far; the next wait"
            f" of {wait:.0f} s would exceed the rate_limit_budget of {options.rate_limit_budget:.0f} s"
        )
        return GiveUp(error)
    # The response does not show the limit, because rejected requests count as consumed too.
    documented = OWN_LIMIT if call.request.limited_as else None
    reason = (
        f"{call} is rate limited{_per_minute(documented, 'documented limit: ')}: retrying in {wait:.1f} s"
        f" ({source}; rate_limit_budget: {waited:.0f} of {options.rate_limit_budget:.0f} s)"
    )
    state = replace(state, rate_limits=count, rate_limit_seconds=waited)
    return Retry(Pause(wait, reason, logging.INFO, for_rate_limit=True, call=_unfinished(call, state)), state)


def _unfinished(call: Call[object], state: RetryState) -> UnfinishedCall:
    return UnfinishedCall(method=call.request.method, path=call.request.path, state=state)


def _after_fault(
    error: SegmentError, outcome: Outcome, state: RetryState, options: CallOptions, jitter: float
) -> Retry | GiveUp:
    count = state.failures + 1
    wait = backoff(FAILURE_BACKOFF, count, jitter)
    seconds = state.failure_seconds + outcome.seconds
    if (requested := _requested_wait(outcome)) is not None:
        # Capped by the budget, because a longer wait would only end the call.
        wait = max(wait, min(requested, options.retry_budget - seconds))
    if seconds + wait > options.retry_budget:
        error.explain(
            f"tried {counted(count, 'time')} over {seconds:.0f} s (retry_budget: {options.retry_budget:.0f} s)"
        )
        return GiveUp(error)
    maybe_applied = state.maybe_applied or _maybe_applied(error)
    reason = f"{error}; retrying in {wait:.1f} s (retry_budget: {seconds:.0f} of {options.retry_budget:.0f} s)"
    return Retry(
        Pause(wait, reason), replace(state, failures=count, failure_seconds=seconds + wait, maybe_applied=maybe_applied)
    )


def backoff(bounds: tuple[float, float], count: int, jitter: float) -> float:
    """Return how long to wait: doubled each time up to a bound, then reduced by up to half, depending on ``jitter``."""
    first, longest = bounds
    return min(longest, first * 2.0 ** min(count - 1, 16)) * (0.5 + jitter / 2)


def _ambiguous(cause: SegmentError, *, seconds: float) -> SegmentAmbiguousWriteError:
    error = SegmentAmbiguousWriteError(
        f"the response to a create was lost, so the object may or may not exist: {cause}", seconds=seconds
    )
    error.__cause__ = cause
    return error
