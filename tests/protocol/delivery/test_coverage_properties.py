"""Windows of any kind at any moment: which requests cover them, and that they count no event outside the window.

The responses come from the sandbox's own rules, with either setting of whether the API cuts its buckets at the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_segment.protocol.delivery.coverage import RETRY_PERIOD, Coverage, coverage_at
from airflow_provider_segment.protocol.delivery.criteria import MetricsQuery, Observation
from airflow_provider_segment.protocol.delivery.polling import FinalPieces, fetch_observation
from airflow_provider_segment.protocol.delivery.window import Window
from airflow_provider_segment.protocol.flow.steps import Outcome
from airflow_provider_segment.protocol.wire.messages import Request
from airflow_provider_segment.sandbox.api.delivery_metrics import LIMITS as SANDBOX_LIMITS
from airflow_provider_segment.sandbox.api.delivery_metrics import align_to_buckets, parse_window
from airflow_provider_segment.sandbox.state.deliveries import Batch, DeliveryLog
from tests.protocol.delivery.observing import check_window
from tests.protocol.driver import ScriptedDriver
from tests.protocol.property_settings import examples
from tests.protocol.samples import ONE_TRY, done

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MARGIN = timedelta(seconds=60)
# As Segment documents them: longest range, oldest start.
LIMITS = {
    "MINUTE": (timedelta(hours=4), timedelta(hours=48)),
    "HOUR": (timedelta(days=7), timedelta(days=7)),
    "DAY": (timedelta(days=14), timedelta(days=14)),
}
BUCKETS = {"MINUTE": MINUTE, "HOUR": HOUR, "DAY": timedelta(days=1)}
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
granularities = st.sampled_from(["auto", "auto", "auto", *LIMITS])
# Everywhere, at whole minutes, hours and days, and densely around the limits.
lengths = st.one_of(
    st.timedeltas(timedelta(0), timedelta(days=16)),
    st.timedeltas(timedelta(0), timedelta(hours=12)),
    st.integers(0, 60).map(lambda hours: hours * HOUR),
    st.builds(
        lambda limit, offset: limit + offset,
        st.sampled_from([timedelta(hours=4), timedelta(hours=48), timedelta(days=7), timedelta(days=14)]),
        st.timedeltas(timedelta(minutes=-3), timedelta(minutes=3)),
    ),
)


def floor_to(moment: datetime, bucket: timedelta) -> datetime:
    return moment - (moment - NEW_YEAR) % bucket


def ceil_to(moment: datetime, bucket: timedelta) -> datetime:
    return moment + (NEW_YEAR - moment) % bucket


@st.composite
def anchored(draw: st.DrawFn, now: datetime) -> Window:
    unit = draw(st.sampled_from([SECOND, MINUTE, HOUR, timedelta(days=1)]))
    start = floor_to(now - draw(lengths) + draw(st.sampled_from([timedelta(0), timedelta(days=1)])), unit)
    end = draw(st.one_of(st.none(), lengths.map(lambda length: floor_to(start + length, unit))))
    return checked(start_time=start, end_time=end, granularity=draw(granularities))


@st.composite
def windows(draw: st.DrawFn, now: datetime) -> Window:
    if draw(st.booleans()):
        return draw(anchored(now))
    return checked(window=draw(lengths), granularity=draw(granularities))


def checked(**arguments: Any) -> Window:
    """Return the window; other tests cover rejected ones."""
    try:
        return check_window(**arguments)
    except ValueError:
        assume(False)
        raise


def intended_interval(window: Window, now: datetime) -> tuple[datetime, datetime]:
    """Return the interval that the user means at this moment."""
    now = now.replace(microsecond=0)
    end = now if window.end is None else min(now, window.end)
    start = window.start if window.length is None else now - window.length
    assert start is not None
    return start, end


def coverage_of(window: Window, now: datetime) -> Coverage:
    """Return the requests; other tests cover windows that have none."""
    try:
        coverage = coverage_at(window, now)
    except ValueError:
        coverage = None
    assume(coverage is not None)
    assert coverage is not None
    return coverage


@examples(2)
@given(data=st.data(), now=moments)
def test_the_requests_are_within_the_limits_and_cover_the_bounds_once(data: st.DataObject, now: datetime) -> None:
    coverage = coverage_of(data.draw(windows(now)), now)

    for piece in coverage.pieces:
        longest, oldest = LIMITS[piece.granularity]
        assert piece.granularity == coverage.interval.granularity
        assert piece.start < piece.end <= now
        for moment in (piece.start, piece.end):
            assert (moment.tzinfo, moment.microsecond) == (UTC, 0)
        # Inside the limits, because the server's clock may be ahead and the request takes a moment.
        assert piece.end - piece.start < longest
        assert now - piece.start <= oldest - MARGIN + SECOND
    assert (coverage.pieces[0].start, coverage.pieces[-1].end) == (coverage.interval.start, coverage.interval.end)
    for before, after in pairwise(coverage.pieces):
        assert before.end == after.start == floor_to(after.start, MINUTE)


@examples(2)
@given(data=st.data(), now=moments)
def test_the_bounds_are_those_of_the_window_or_whole_buckets_inside_it(data: st.DataObject, now: datetime) -> None:
    window = data.draw(windows(now))
    start, end = intended_interval(window, now)
    interval = coverage_of(window, now).interval

    bucket = BUCKETS[interval.granularity] if window.granularity in ("HOUR", "DAY") else timedelta(0)
    assert start <= interval.start <= start + MARGIN + bucket
    assert end - bucket <= interval.end <= end
    if interval.granularity == "MINUTE":
        return
    assert interval.end == floor_to(interval.end, BUCKETS[interval.granularity]) or interval.end == floor_to(
        now, SECOND
    )
    # A start moved inside the limits stays in its bucket.
    bucket_start = floor_to(interval.start, BUCKETS[interval.granularity])
    assert bucket_start >= start
    assert interval.start - bucket_start <= MARGIN


@examples()
@given(data=st.data(), now=moments, delays=st.lists(lengths, min_size=2, max_size=8))
def test_the_granularity_of_an_anchored_window_only_gets_coarser(
    data: st.DataObject, now: datetime, delays: list[timedelta]
) -> None:
    window = data.draw(anchored(now))
    order = ["nothing yet", *LIMITS, "not covered"]
    seen = []
    for delay in sorted(delays):
        try:
            coverage = coverage_at(window, now + delay)
        except ValueError:
            seen.append("not covered")
        else:
            seen.append("nothing yet" if coverage is None else coverage.interval.granularity)

    assert seen == sorted(seen, key=order.index)
    if window.end is not None:
        assert len({granularity for granularity in seen if granularity in LIMITS}) <= 1


@dataclass
class Api(ScriptedDriver):
    """The API with some deliveries, by the sandbox's rules.

    :param deliveries: when events were delivered; one event each.
    :param whole_buckets: whether it returns whole buckets rather than cutting them at the window.
    """

    deliveries: Sequence[datetime] = ()
    whole_buckets: bool = False
    clock: datetime = NEW_YEAR
    log: DeliveryLog = field(default_factory=DeliveryLog)

    def __post_init__(self) -> None:
        for at in self.deliveries:
            self.log.add(Batch(at=at.timestamp(), successes=1))

    def _outcome(self, request: Request) -> Outcome:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}
        granularity: Any = query["granularity"]
        now = self.clock.timestamp()
        asked = parse_window(granularity, start=query["startTime"], end=query["endTime"], now=now)
        if self.whole_buckets:
            asked = align_to_buckets(asked, SANDBOX_LIMITS[granularity].bucket)
        counted = self.log.summary(since=asked.start, until=min(asked.end, now))
        return done({"deliveryMetricsSummary": {"metrics": [{"metricName": "successes", "total": counted.successes}]}})

    def poll(self, window: Window, final: FinalPieces) -> Observation:
        return self.run(fetch_observation(ONE_TRY, query=MetricsQuery("d", "s", window), now=self.clock, final=final))


def count(deliveries: Sequence[datetime], start: datetime, end: datetime) -> int:
    return sum(start <= at < end for at in deliveries)


@examples(2)
@given(data=st.data(), now=moments, whole_buckets=st.booleans())
def test_events_outside_the_window_never_count(data: st.DataObject, now: datetime, whole_buckets: bool) -> None:
    window = data.draw(windows(now))
    bounds = coverage_of(window, now).interval
    start, end = intended_interval(window, now)
    near = st.builds(
        lambda moment, offset: moment + offset,
        st.sampled_from([start, end, bounds.start, bounds.end, start + (end - start) / 2, end - 4 * HOUR]),
        st.timedeltas(-2 * HOUR, 2 * HOUR),
    )
    deliveries = data.draw(st.lists(near.filter(lambda at: at < now), max_size=30))
    api = Api(deliveries=deliveries, whole_buckets=whole_buckets, clock=now)

    metrics = api.poll(window, FinalPieces()).metrics

    assert metrics is not None
    # Metrics are per minute: those that the window cuts may count as a whole.
    assert metrics["successes"] <= count(deliveries, floor_to(start, MINUTE), ceil_to(end, MINUTE))
    assert metrics["successes"] >= count(deliveries, bounds.start, bounds.end)
    if window.granularity == "auto":
        # At a limit the start is moved inside it.
        assert metrics["successes"] >= count(deliveries, start + MARGIN + SECOND, end)


@examples(0.3)
@given(data=st.data(), whole_buckets=st.booleans(), offset=st.integers(0, 7 * 60), length=st.integers(1, 40 * 60))
def test_polls_of_a_running_wait_count_late_events_too(
    data: st.DataObject, whole_buckets: bool, offset: int, length: int
) -> None:
    """Poll again and again while events arrive for up to four hours and a quarter after they happened."""
    start = NEW_YEAR + offset * MINUTE
    window = checked(start_time=start, end_time=start + length * MINUTE)
    events = data.draw(
        st.lists(st.tuples(st.integers(-60, length + 60), st.integers(0, RETRY_PERIOD // MINUTE - 1)), max_size=20)
    )
    final = FinalPieces()
    for minute in sorted(data.draw(st.lists(st.integers(1, 47 * 60), min_size=1, max_size=10))):
        now = start + minute * MINUTE
        visible = [start + at * MINUTE for at, late in events if at + late < minute]

        metrics = Api(deliveries=visible, whole_buckets=whole_buckets, clock=now).poll(window, final).metrics

        assert metrics is not None
        end = min(now, start + length * MINUTE)
        # The start of a request for as long as the limit is moved inside it.
        first = start + SECOND if end - start == LIMITS["MINUTE"][0] else start
        assert metrics["successes"] == count(visible, first, end)
