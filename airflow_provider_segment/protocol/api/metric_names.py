"""The metrics that a condition may name: the API's own and the derived ones."""

from __future__ import annotations

COUNTS = ("successes", "successes_on_first_attempt", "successes_after_retry", "expired", "discarded", "retried")
TIMES = (
    "time_to_success_average",
    "time_to_success_p95",
    "time_to_first_attempt_average",
    "time_to_first_attempt_p95",
)
DERIVED_COUNTS = ("attempted", "failures")
RATES = ("success_rate", "failure_rate", "discard_rate", "expiry_rate")
ALL = (*COUNTS, *DERIVED_COUNTS, *RATES, *TIMES)
