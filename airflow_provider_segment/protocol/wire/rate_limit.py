"""The documented limits, and the wait that a 429 response requests. https://docs.segmentapis.com/tag/Rate-Limits"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_segment.protocol.errors import ErrorObject
from airflow_provider_segment.protocol.wire.messages import Response

MAX_RETRY_AFTER = 3600.0
"""Maximum time in seconds that a limit holds requests back before another try, whatever a response requests."""

WINDOW = 60.0
"""Length of the window in which Segment counts requests, in seconds."""

OWN_LIMIT = 5
"""Requests per window for each operation with its own rate limit."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """A wait requested by the server.

    :param seconds: how long to wait, 0 or more.
    :param source: header or field that requests it.
    """

    seconds: float
    source: str


def limit_shown_by(response: Response) -> int | None:
    """Return the limit in requests per window, from a response's headers; ``None`` if unknown, such as after a 429.

    :param response: the response, with any status.
    """
    if response.status == 429:
        return None  # rejected requests are consumed too, beyond the limit
    remaining, consumed = remaining_shown_by(response), integer_header(response, "x-ratelimit-consumed")
    return None if remaining is None or consumed is None else remaining + consumed


def remaining_shown_by(response: Response) -> int | None:
    """Return how many more requests the window allows, according to a response's headers.

    :param response: the response, with any status.
    """
    return integer_header(response, "x-ratelimit-remaining")


def integer_header(response: Response, name: str) -> int | None:
    """Return a header's value as an integer; ``None`` if it is missing or not a number of at most 11 digits.

    :param response: the response, with any status.
    :param name: the header's name.
    """
    value = response.headers.get(name)
    return int(value) if value is not None and value.isascii() and value.isdigit() and len(value) < 12 else None


def parse_retry_after(response: Response, errors: tuple[ErrorObject, ...]) -> RetryAfter | None:
    """Return the requested wait, from the most reliable of the three places that may contain it.

    :param response: a response with status 429.
    :param errors: its error objects.
    :return: the wait, or ``None`` if the response requests none.
    """
    candidates = (
        ("Retry-After", retry_after_seconds(response)),
        ("msBeforeNext", _ms_before_next(errors)),
        ("X-RateLimit-Reset", rate_limit_reset(response)),
    )
    for source, seconds in candidates:
        if seconds is not None:
            return RetryAfter(max(0.0, seconds), source)
    return None


def retry_after_of(response: Response) -> float | None:
    """Return how many seconds to wait, according to the headers of a 429 response.

    :param response: a response with status 429.
    """
    seconds = retry_after_seconds(response)
    return rate_limit_reset(response) if seconds is None else max(0.0, seconds)


def rate_limit_reset(response: Response) -> float | None:
    """Return the seconds until the rate limit's window ends.

    :param response: a response with any status.
    """
    return _seconds_until(response.headers.get("x-ratelimit-reset"), response)


def retry_after_seconds(response: Response) -> float | None:
    """Return the wait that the header ``Retry-After`` requests, or ``None`` if there is none.

    :param response: the response, with any status.
    """
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    return _seconds_until(value, response)


def _ms_before_next(errors: tuple[ErrorObject, ...]) -> float | None:
    data = errors[0].get("data") if errors else None
    value = data.get("msBeforeNext") if isinstance(data, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return min(value, 10**12) / 1000


def _seconds_until(date: str | None, response: Response) -> float | None:
    """Return the seconds until a date, counted from the response's ``Date`` header, because the clocks may differ."""
    end, now = _parse_date(date), _parse_date(response.headers.get("date"))
    return None if end is None or now is None else (end - now).total_seconds()


def _parse_date(text: str | None) -> datetime | None:
    from email.utils import parsedate_to_datetime  # imported late because email.utils imports socket

    try:
        date = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, OverflowError):
        return None
    # "-0000" is parsed as a date without a time zone, which cannot be compared with others.
    return date if date is not None and date.tzinfo is not None else None
