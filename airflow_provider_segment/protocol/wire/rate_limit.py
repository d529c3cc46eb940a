"""How long a 429 asks to wait. https://docs.segmentapis.com/tag/Rate-Limits"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_segment.protocol.errors import ErrorObject
from airflow_provider_segment.protocol.wire.messages import Response


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """A wait that the server asked for.

    :param seconds: never negative.
    :param source: the header or field that said so.
    """

    seconds: float
    source: str


def parse_retry_after(response: Response, errors: tuple[ErrorObject, ...]) -> RetryAfter | None:
    """Read the wait, from the most to the least reliable of its three places.

    :param response: with status 429.
    :param errors: its error objects.
    :return: the wait, or ``None`` where the answer does not say.
    """
    candidates = (
        ("Retry-After", _retry_after(response)),
        ("msBeforeNext", _ms_before_next(errors)),
        ("X-RateLimit-Reset", _until(response.headers.get("x-ratelimit-reset"), response)),
    )
    for source, seconds in candidates:
        if seconds is not None:
            return RetryAfter(max(0.0, seconds), source)
    return None


def _retry_after(response: Response) -> float | None:
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:12])
    return _until(value, response)


def _ms_before_next(errors: tuple[ErrorObject, ...]) -> float | None:
    data = errors[0].get("data") if errors else None
    value = data.get("msBeforeNext") if isinstance(data, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return min(value, 10**12) / 1000


def _until(date: str | None, response: Response) -> float | None:
    """The reset is a date, and only the answer's own ``Date`` tells what time the server believes it is."""
    end, now = _mail_date(date), _mail_date(response.headers.get("date"))
    return None if end is None or now is None else (end - now).total_seconds()


def _mail_date(text: str | None) -> datetime | None:
    from email.utils import parsedate_to_datetime  # brings socket along

    try:
        date = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, OverflowError):
        return None
    # "-0000" makes a date without a zone, which can't be compared with one that has it.
    return date if date is not None and date.tzinfo is not None else None
