"""The wait that a 429 response requests."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_segment.protocol.errors import ErrorObject
from airflow_provider_segment.protocol.wire.messages import Response
from airflow_provider_segment.protocol.wire.rate_limit import RetryAfter, parse_retry_after
from tests.protocol.property_settings import examples
from tests.protocol.samples import DATE

LATER = "Tue, 31 Dec 2024 23:59:57 GMT"  # 57 s after DATE
EARLIER = "Tue, 31 Dec 2024 23:58:00 GMT"


def limited(headers: dict[str, str]) -> Response:
    return Response(status=429, headers=headers)


def errors_requesting(milliseconds: Any) -> tuple[ErrorObject, ...]:
    return ({"type": "t", "data": {"msBeforeNext": milliseconds, "remainingPoints": 0, "consumedPoints": 21}},)


CASES: dict[str, tuple[dict[str, str], tuple[ErrorObject, ...], RetryAfter | None]] = {
    "seconds": ({"retry-after": "17"}, (), RetryAfter(17, "Retry-After")),
    "seconds with blanks": ({"retry-after": " 17 "}, (), RetryAfter(17, "Retry-After")),
    "no seconds": ({"retry-after": "0"}, (), RetryAfter(0, "Retry-After")),
    "date": ({"retry-after": LATER, "date": DATE}, (), RetryAfter(57, "Retry-After")),
    "date in another zone": (
        {"retry-after": "Wed, 01 Jan 2025 01:59:57 +0200", "date": DATE},
        (),
        RetryAfter(57, "Retry-After"),
    ),
    "date that is over": ({"retry-after": EARLIER, "date": DATE}, (), RetryAfter(0, "Retry-After")),
    "date without the server's own": ({"retry-after": LATER}, errors_requesting(3000), RetryAfter(3, "msBeforeNext")),
    "milliseconds": ({}, errors_requesting(57647), RetryAfter(57.647, "msBeforeNext")),
    "fraction": ({}, errors_requesting(0.5), RetryAfter(0.0005, "msBeforeNext")),
    "negative milliseconds": ({}, errors_requesting(-5), RetryAfter(0, "msBeforeNext")),
    "several errors": ({}, (*errors_requesting(3000), *errors_requesting(5000)), RetryAfter(3, "msBeforeNext")),
    "reset": ({"x-ratelimit-reset": LATER, "date": DATE}, (), RetryAfter(57, "X-RateLimit-Reset")),
    "reset that is over": ({"x-ratelimit-reset": EARLIER, "date": DATE}, (), RetryAfter(0, "X-RateLimit-Reset")),
    "seconds before milliseconds": ({"retry-after": "17"}, errors_requesting(3000), RetryAfter(17, "Retry-After")),
    "milliseconds before reset": (
        {"x-ratelimit-reset": LATER, "date": DATE},
        errors_requesting(3000),
        RetryAfter(3, "msBeforeNext"),
    ),
    "unreadable, then milliseconds": ({"retry-after": "soon"}, errors_requesting(3000), RetryAfter(3, "msBeforeNext")),
    "negative seconds, then reset": (
        {"retry-after": "-1", "x-ratelimit-reset": LATER, "date": DATE},
        (),
        RetryAfter(57, "X-RateLimit-Reset"),
    ),
    "reset without the server's own date": ({"x-ratelimit-reset": LATER}, (), None),
    "reset as an epoch": ({"x-ratelimit-reset": "1735689597", "date": DATE}, (), None),
    "reset without a zone": ({"x-ratelimit-reset": "Tue, 31 Dec 2024 23:59:57 -0000", "date": DATE}, (), None),
    "nothing": ({}, (), None),
    "empty": ({"retry-after": "", "x-ratelimit-reset": "", "date": ""}, (), None),
    "digits of another script": ({"retry-after": "١٧"}, (), None),
    "text for milliseconds": ({}, errors_requesting("57647"), None),
    "true for milliseconds": ({}, errors_requesting(True), None),
    "null for milliseconds": ({}, errors_requesting(None), None),
    "data of another shape": ({}, ({"data": ["msBeforeNext"]},), None),
}


@pytest.mark.parametrize(("headers", "errors", "wait"), CASES.values(), ids=CASES)
def test_the_requested_wait_is_parsed(
    headers: dict[str, str], errors: tuple[ErrorObject, ...], wait: RetryAfter | None
) -> None:
    assert parse_retry_after(limited(headers), errors) == wait


@pytest.mark.parametrize("seconds", ["999999999999", "9" * 400], ids=["long", "absurd"])
def test_an_enormous_wait_stays_enormous(seconds: str) -> None:
    wait = parse_retry_after(limited({"retry-after": seconds}), ())

    assert wait is not None
    assert wait.seconds > 10_000_000


dates = st.one_of(
    st.just(DATE),
    st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    st.text(alphabet="0123456789 :,+-GMTuedc", max_size=40),
    st.text(max_size=20),
)
milliseconds = st.one_of(st.integers(), st.just(10**400), st.floats(allow_nan=False), st.text(max_size=5), st.none())


@examples()
@given(
    headers=st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset", "date"]), dates),
    milliseconds=milliseconds,
)
def test_the_wait_is_never_negative(headers: dict[str, str], milliseconds: Any) -> None:
    wait = parse_retry_after(limited(headers), errors_requesting(milliseconds))

    assert wait is None or wait.seconds >= 0
