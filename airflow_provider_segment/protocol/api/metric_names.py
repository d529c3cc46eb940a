"""The metrics that a condition may name: the API's own and the derived ones.

The single source of names, meanings and formulas for conditions, derived values and the documentation.
"""

from __future__ import annotations

from msgspec import Struct

COUNT = "number of events"
RATE = "share from 0 to 1; none while nothing was attempted"
TIME = "time; Segment documents no unit"


class MetricName(Struct, frozen=True):
    """A metric.

    :param name: its name in conditions and returned metrics.
    :param kind: what it measures: ``COUNT``, ``RATE`` or ``TIME``.
    :param meaning: its description.
    :param parts: the counts that are added up, if it is derived.
    :param share_of: the count that their sum is divided by, for a rate.
    """

    name: str
    kind: str
    meaning: str
    parts: tuple[str, ...] = ()
    share_of: str = ""

    @property
    def formula(self) -> str:
        """How it is computed; empty for the API's own."""
        total = " + ".join(self.parts)
        if not self.share_of:
            return total
        return f"({total}) / {self.share_of}" if len(self.parts) > 1 else f"{total} / {self.share_of}"


METRICS = (
    MetricName("successes", COUNT, "events that the destination accepted"),
    MetricName("successes_on_first_attempt", COUNT, "of these, accepted at the first attempt"),
    MetricName("successes_after_retry", COUNT, "of these, accepted after retries"),
    MetricName("expired", COUNT, "events that Segment stopped retrying"),
    MetricName("discarded", COUNT, "events that were discarded instead of delivered"),
    MetricName("retried", COUNT, "events that Segment is still retrying; not yet a part of `attempted`"),
    MetricName("attempted", COUNT, "events with an outcome", ("successes", "expired", "discarded")),
    MetricName("failures", COUNT, "events that were not delivered", ("expired", "discarded")),
    MetricName("success_rate", RATE, "share that was delivered", ("successes",), "attempted"),
    MetricName("failure_rate", RATE, "share that was not delivered", ("failures",), "attempted"),
    MetricName("discard_rate", RATE, "share that was discarded", ("discarded",), "attempted"),
    MetricName("expiry_rate", RATE, "share that expired", ("expired",), "attempted"),
    MetricName("time_to_success_average", TIME, "from receiving an event to its delivery, on average"),
    MetricName("time_to_success_p95", TIME, "the same, for the 95th percentile"),
    MetricName("time_to_first_attempt_average", TIME, "from receiving an event to the first attempt, on average"),
    MetricName("time_to_first_attempt_p95", TIME, "the same, for the 95th percentile"),
)
"""All metrics, in the order of the documentation; a derived metric follows its parts."""

DERIVED = tuple(metric for metric in METRICS if metric.parts)
COUNTS = tuple(metric.name for metric in METRICS if metric.kind == COUNT and not metric.parts)
RATES = tuple(metric.name for metric in METRICS if metric.kind == RATE)
TIMES = tuple(metric.name for metric in METRICS if metric.kind == TIME)
ALL = tuple(metric.name for metric in METRICS)
