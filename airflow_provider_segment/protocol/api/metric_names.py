"""The metrics that a condition may name: the API's own and the derived ones.

The single source of names, meanings and formulas for conditions, derived values and the documentation.
"""

from __future__ import annotations

from msgspec import Struct

COUNT = "number of events"
RATE = "share from 0 to 1; none while nothing was attempted"
TIME = "time; Segment documents no unit"


class MetricName(Struct, frozen=True):
    """The name, meaning and formula of a metric.

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
        """How a derived metric is computed; empty for the API's own metrics."""
        total = " + ".join(self.parts)
        if not self.share_of:
            return total
        return f"({total}) / {self.share_of}" if len(self.parts) > 1 else f"{total} / {self.share_of}"


METRICS = (
    MetricName("successes", COUNT, "events that the destination accepted"),
    MetricName("successes_on_first_attempt", COUNT, "events that the destination accepted on the first attempt"),
    MetricName("successes_after_retry", COUNT, "events that the destination accepted after retries"),
    MetricName("expired", COUNT, "events that Segment stopped retrying"),
    MetricName("discarded", COUNT, "events that were discarded instead of delivered"),
    MetricName("retried", COUNT, "events that Segment is still retrying; not yet counted in `attempted`"),
    MetricName("attempted", COUNT, "events with an outcome", ("successes", "expired", "discarded")),
    MetricName("failures", COUNT, "events that were not delivered", ("expired", "discarded")),
    MetricName("success_rate", RATE, "share of attempted events that were delivered", ("successes",), "attempted"),
    MetricName("failure_rate", RATE, "share of attempted events that were not delivered", ("failures",), "attempted"),
    MetricName("discard_rate", RATE, "share of attempted events that were discarded", ("discarded",), "attempted"),
    MetricName("expiry_rate", RATE, "share of attempted events that expired", ("expired",), "attempted"),
    MetricName("time_to_success_average", TIME, "average time from receiving an event to delivering it"),
    MetricName("time_to_success_p95", TIME, "95th-percentile time from receiving an event to delivering it"),
    MetricName("time_to_first_attempt_average", TIME, "average time from receiving an event to the first attempt"),
    MetricName("time_to_first_attempt_p95", TIME, "95th-percentile time from receiving an event to the first attempt"),
)
"""All metrics, in the order of the documentation; a derived metric follows its parts."""

DERIVED = tuple(metric for metric in METRICS if metric.parts)
COUNTS = tuple(metric.name for metric in METRICS if metric.kind == COUNT and not metric.parts)
RATES = tuple(metric.name for metric in METRICS if metric.kind == RATE)
TIMES = tuple(metric.name for metric in METRICS if metric.kind == TIME)
ALL = tuple(metric.name for metric in METRICS)
