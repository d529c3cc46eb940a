"""The attempts and time that a call has used so far; kept while its task waits in the triggerer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryState:
    """The failed attempts of a call so far.

    :param failures: number of failed attempts.
    :param failure_seconds: time spent on them, including the waits.
    :param rate_limits: number of 429 responses.
    :param rate_limit_seconds: time waited because of them.
    :param maybe_applied: whether an earlier attempt may have been applied.
    """

    failures: int = 0
    failure_seconds: float = 0.0
    rate_limits: int = 0
    rate_limit_seconds: float = 0.0
    maybe_applied: bool = False


NO_RETRIES = RetryState()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedCall:
    """A call that waits for a rate limit.

    :param method: its HTTP method.
    :param path: its path.
    :param state: the attempts and time that it has used, including the wait.
    """

    method: str
    path: str
    state: RetryState
