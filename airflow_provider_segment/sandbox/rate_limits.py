"""Rate limits with fixed windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from airflow_provider_segment.sandbox import decisions
from airflow_provider_segment.sandbox.clock import format_http_date
from airflow_provider_segment.sandbox.errors import ApiError, Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    start: float
    consumed: int


class RateLimits:
    """The number of requests in the current window of each bucket."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def clear(self) -> None:
        """Discard all counts; the next request of each bucket starts a new window."""
        self._windows.clear()

    def consume(self, bucket: str, *, limit: int | None, window: float, now: float) -> Headers:
        """Count one request towards the limit of its bucket.

        :param bucket: name of the requests that are counted together.
        :param limit: requests per window; None for no limit.
        :param window: length of a window in seconds.
        :param now: seconds since 1970.
        :return: the ``X-RateLimit`` headers.
        :raises ApiError: 429, if the limit is exceeded.
        """
        current = self._windows.get(bucket)
        if current is None or not current.start <= now < current.start + window:
            current = _Window(start=now, consumed=0)
        current = _Window(start=current.start, consumed=current.consumed + 1)
        self._windows[bucket] = current
        end = current.start + window
        remaining = decisions.remaining_points(limit, consumed=current.consumed)
        headers = limit_headers(consumed=current.consumed, remaining=remaining, reset=end)
        if limit is not None and current.consumed > limit:
            raise too_many_requests(
                retry_after=math.ceil(end - now),
                ms_before_next=math.ceil((end - now) * 1000),
                consumed=current.consumed,
                headers=headers,
            )
        return headers


def limit_headers(*, consumed: int, remaining: int, reset: float) -> Headers:
    """Return the ``X-RateLimit`` headers.

    :param reset: end of the window, seconds since 1970; the header rounds it up to whole seconds.
    """
    return (
        ("X-RateLimit-Consumed", str(consumed)),
        ("X-RateLimit-Remaining", str(remaining)),
        ("X-RateLimit-Reset", format_http_date(math.ceil(reset))),
    )


def too_many_requests(
    *, retry_after: int | None, ms_before_next: int | None, consumed: int = 0, headers: Headers = ()
) -> ApiError:
    """Return the error for a 429 response.

    :param retry_after: seconds in the ``Retry-After`` header; None omits the header.
    :param ms_before_next: milliseconds in the body; None omits ``data`` altogether.
    :param consumed: requests counted so far, for the body.
    :param headers: headers that are sent before ``Retry-After``.
    """
    data = None
    if ms_before_next is not None:
        data = {"msBeforeNext": ms_before_next, "remainingPoints": 0, "consumedPoints": consumed}
    after: Headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return ApiError(429, "Too many requests", data=data, headers=(*headers, *after))
