"""Rate limits, counted in fixed windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from airflow_provider_segment.sandbox.clock import format_http_date
from airflow_provider_segment.sandbox.errors import ApiError, Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    since: float
    consumed: int


class RateLimits:
    """How many requests of each bucket came in during its current window."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def clear(self) -> None:
        """Begin anew."""
        self._windows.clear()

    def spend(self, bucket: str, *, limit: int | None, window: float, now: float) -> Headers:
        """Count one request.

        :param bucket: what is counted together.
        :param limit: requests a window; None for no limit.
        :param window: its length in seconds.
        :param now: seconds since 1970.
        :return: the headers that tell how much is left; none without a limit.
        :raises ApiError: 429, when the limit is exceeded.
        """
        if limit is None:
            return ()
        current = self._windows.get(bucket)
        if current is None or not current.since <= now < current.since + window:
            current = _Window(since=now, consumed=0)
        current = _Window(since=current.since, consumed=current.consumed + 1)
        self._windows[bucket] = current
        until = current.since + window
        headers = limit_headers(consumed=current.consumed, remaining=max(0, limit - current.consumed), reset=until)
        if current.consumed > limit:
            raise too_many_requests(
                retry_after=math.ceil(until - now),
                ms_before_next=math.ceil((until - now) * 1000),
                consumed=current.consumed,
                headers=headers,
            )
        return headers


def limit_headers(*, consumed: int, remaining: int, reset: float) -> Headers:
    """Write the ``X-RateLimit`` headers.

    :param reset: when the window ends, seconds since 1970. Written in whole seconds, never too early.
    """
    return (
        ("X-RateLimit-Consumed", str(consumed)),
        ("X-RateLimit-Remaining", str(remaining)),
        ("X-RateLimit-Reset", format_http_date(math.ceil(reset))),
    )


def too_many_requests(
    *, retry_after: int | None, ms_before_next: int | None, consumed: int = 0, headers: Headers = ()
) -> ApiError:
    """Build a 429.

    :param retry_after: seconds for the ``Retry-After`` header; None leaves it out.
    :param ms_before_next: milliseconds for the body; None leaves the whole ``data`` out.
    """
    data = None
    if ms_before_next is not None:
        data = {"msBeforeNext": ms_before_next, "remainingPoints": 0, "consumedPoints": consumed}
    after: Headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return ApiError(429, "Too many requests", data=data, headers=(*headers, *after))
