"""Whether and when to try again: one pure decision for every fault."""

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
from airflow_provider_segment.protocol.flow.steps import CallOptions, Outcome, Pause
from airflow_provider_segment.protocol.wire.messages import Response
from airflow_provider_segment.protocol.wire.operation import Call
from airflow_provider_segment.protocol.wire.rate_limit import RetryAfter, parse_retry_after

FAULT_BACKOFF = (0.5, 30.0)
"""First and longest wait after a fault, in seconds; doubled in between."""

_MIN_RATE_LIMIT_BACKOFF = (0.25, 5.0)
"""The least wait after a 429, however little it asks for: "0 seconds" for ever would be a hot loop."""

_DEFAULT_RATE_LIMIT_BACKOFF = (1.0, 60.0)
"""Waits after a 429 that says nothing; no limit's window is known to be longer than a minute."""


@dataclass(frozen=True, slots=True)
class RetryState:
    """What a call has cost so far.

    :param faults: attempts that failed.
    :param fault_seconds: spent on them, waits included.
    :param rate_limits: answers with 429.
    :param rate_limit_seconds: waited for them.
    :param maybe_applied: whether an earlier attempt may have been carried out.
    """

    faults: int = 0
    fault_seconds: float = 0.0
    rate_limits: int = 0
    rate_limit_seconds: float = 0.0
    maybe_applied: bool = False


NO_RETRIES = RetryState()


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again.

    :param pause: before that.
    :param state: the new account.
    """

    pause: Pause
    state: RetryState


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Raise this.

    :param error: with how often and how long it was tried.
    """

    error: SegmentError


def decide(
    call: Call[object], error: SegmentError, outcome: Outcome, state: RetryState, options: CallOptions, *, jitter: float
) -> Retry | GiveUp:
    """Decide what to do about a failed attempt.

    :param call: what was asked.
    :param error: what its outcome was read as.
    :param outcome: what came.
    :param state: what it has cost so far.
    :param options: the budgets.
    :param jitter: 0 to 1, drawn anew each time; keeps many tasks from trying again in step.
    """
    if isinstance(error, SegmentRateLimitError) and isinstance(outcome, Response):
        return _after_rate_limit(call, error, parse_retry_after(outcome, error.errors), state, options, jitter)
    if call.operation.creates and _maybe_applied(error):
        return GiveUp(_ambiguous(error, seconds=state.fault_seconds + outcome.seconds))
    if not error.transient:
        return GiveUp(error)
    return _after_fault(error, outcome, state, options, jitter)


def _maybe_applied(error: SegmentError) -> bool:
    """A 429 and a refusal surely were not; a request that was never sent neither."""
    if isinstance(error, SegmentConnectionError):
        return error.sent
    if isinstance(error, SegmentProtocolError):
        return 200 <= error.status < 300
    return isinstance(error, SegmentServerError)


def _after_rate_limit(
    call: Call[object],
    error: SegmentRateLimitError,
    asked: RetryAfter | None,
    state: RetryState,
    options: CallOptions,
    jitter: float,
) -> Retry | GiveUp:
    count = state.rate_limits + 1
    if asked is None:
        wait, source = backoff(_DEFAULT_RATE_LIMIT_BACKOFF, count, jitter), "no wait was named"
    else:
        wait, source = max(asked.seconds, backoff(_MIN_RATE_LIMIT_BACKOFF, count, jitter)), asked.source
    waited = state.rate_limit_seconds + wait
    if waited > options.rate_limit_budget:
        error.retry_after = wait
        error.explain(
            f"limited {count} times, {state.rate_limit_seconds:.0f} s waited, and the next wait of {wait:.0f} s"
            f" would pass the rate_limit_budget of {options.rate_limit_budget:.0f} s"
        )
        return GiveUp(error)
    reason = (
        f"Segment's rate limit holds back {call}: waiting {wait:.1f} s ({source}; {waited:.0f} of at most"
        f" {options.rate_limit_budget:.0f} s)"
    )
    return Retry(Pause(wait, reason, logging.INFO), replace(state, rate_limits=count, rate_limit_seconds=waited))


def _after_fault(
    error: SegmentError, outcome: Outcome, state: RetryState, options: CallOptions, jitter: float
) -> Retry | GiveUp:
    count = state.faults + 1
    wait = backoff(FAULT_BACKOFF, count, jitter)
    seconds = state.fault_seconds + outcome.seconds
    if seconds + wait > options.retry_budget:
        error.explain(f"tried {count} times over {seconds:.0f} s (retry_budget: {options.retry_budget:.0f} s)")
        return GiveUp(error)
    maybe_applied = state.maybe_applied or _maybe_applied(error)
    reason = f"{error}; trying again in {wait:.1f} s ({seconds:.0f} of at most {options.retry_budget:.0f} s)"
    return Retry(
        Pause(wait, reason), replace(state, faults=count, fault_seconds=seconds + wait, maybe_applied=maybe_applied)
    )


def backoff(bounds: tuple[float, float], count: int, jitter: float) -> float:
    """Doubled each time up to a bound, then between half of that and all of it."""
    first, longest = bounds
    return min(longest, first * 2.0 ** min(count - 1, 16)) * (0.5 + jitter / 2)


def _ambiguous(cause: SegmentError, *, seconds: float) -> SegmentAmbiguousWriteError:
    error = SegmentAmbiguousWriteError(
        f"the answer to a create was lost, so nobody knows whether it was carried out: {cause}", seconds=seconds
    )
    error.__cause__ = cause
    return error
