"""Random series of metrics and failures end alike in every mode: at the same poll, with the same evidence and log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_segment.protocol.api.delivery_metrics import add_up, flatten
from airflow_provider_segment.protocol.delivery import verdict as verdicts
from airflow_provider_segment.protocol.delivery.coverage import coverage_at
from airflow_provider_segment.protocol.delivery.criteria import Observation, check_criteria
from airflow_provider_segment.protocol.delivery.verdict import Reason, Status, evaluate
from tests.protocol.property_settings import examples
from tests.protocol.samples import LOST, ONE_TRY, REFUSED, UNTRUSTED, html, refusal
from tests.scale import SCALE
from tests.sensors.modes.outcomes import FLAGS
from tests.sensors.modes.running import AIRFLOW_2, FIRST_STARTS, MODES, SUCCESS, Ended
from tests.sensors.modes.world import INTERVAL, Delivered, Fault, Scripted, WaitOutcome, World, after

TRANSIENT = [
    Fault(REFUSED),
    Fault(LOST),
    Fault(refusal(503)),
    Fault(html(502)),
    Fault(html(200)),
    Fault(refusal(429, retry_after="60")),
    Fault(refusal(429)),
]
PERMANENT = [
    Fault(refusal(401), "SegmentAuthError"),
    Fault(refusal(403), "SegmentAuthError"),
    Fault(refusal(404), "SegmentNotFoundError"),
    Fault(refusal(422), "SegmentInvalidRequestError"),
    Fault(UNTRUSTED, "SegmentConnectionError"),
]


VERDICTS = (SUCCESS, "SegmentDeliveryFailedError", "SegmentDeliveryUnmetError")


@dataclass(frozen=True)
class Wait:
    """A wait, and what Segment returns to its polls."""

    arguments: dict[str, Any]
    states: Sequence[Scripted]
    right_source: bool
    polls_in_time: int

    @property
    def timeout(self) -> float:
        """The timeout: a little before a poll, so that a poll at the deadline sees the same state."""
        return (self.polls_in_time - 0.1) * INTERVAL

    def expected(self, *, polls: int, silent: bool) -> Ended:
        """Return how the rule ends the wait after some polls, in no particular mode.

        :param polls: number of polls before the timeout.
        :param silent: whether errors do not end the wait.
        """
        checked = False
        for number in range(polls):
            seen = self.states[min(number, len(self.states) - 1)]
            ended = self._expected_of(seen, after(number * INTERVAL), checked=checked)
            if ended is not None and (ended.status in VERDICTS or not silent):
                return ended
            checked = checked or (isinstance(seen, Delivered) and self.right_source)
        return Ended("AirflowSensorTimeout")

    def _expected_of(self, seen: Scripted, now: datetime, *, checked: bool) -> Ended | None:
        if not checked:
            if isinstance(seen, Fault):
                return seen.ended
            if not self.right_source:
                return Ended("ValueError")
        criteria = check_criteria(**self.arguments)
        if criteria.query.not_before is not None and now < criteria.query.not_before:
            return None  # no request is sent
        try:
            coverage = coverage_at(criteria.window, now)
        except ValueError:
            return Ended("ValueError")
        if coverage is not None and isinstance(seen, Fault):
            return seen.ended
        observation = Observation(now)
        if coverage is not None and isinstance(seen, Delivered):
            pieces = [flatten(seen.summary) for _ in coverage.pieces]  # each has the same deliveries
            observation = Observation(now, add_up(pieces), coverage.interval, len(pieces))
        verdict = evaluate(criteria, observation)
        if verdict.status is Status.FAILED:
            return Ended("SegmentDeliveryFailedError")
        if verdict.status is Status.UNMET:
            return Ended("SegmentDeliveryUnmetError")
        return Ended(SUCCESS, verdict.evidence) if verdict.status is Status.SUCCEEDED else None

    @property
    def same_when_rescheduled(self) -> bool:
        """Return whether it makes no difference how often the destination is checked.

        Airflow 2.11 keeps nothing between the polls of a rescheduled task, so each one without events checks it.
        """
        not_before = check_criteria(**self.arguments).query.not_before
        return not AIRFLOW_2 or not_before is None or after(-5 * 3600) < not_before < after(0)


_COUNT = st.integers(0, 12)
_DELIVERED = st.builds(Delivered, _COUNT, st.integers(0, 2), st.integers(0, 2))
_SEEN = st.one_of(_DELIVERED, _DELIVERED, st.sampled_from(TRANSIENT), st.sampled_from([*TRANSIENT, *PERMANENT]))
_SUCCESS_WHEN = st.sampled_from(
    ["successes >= 1", "successes >= 8", "success_rate >= 0.9", ["attempted > 5", "failures == 0"], "expired == 2"]
)
_FAIL_WHEN = st.sampled_from([(), (), "failures > 2", "failure_rate >= 0.5", ["discarded == 2", "expired == 2"]])
# Hours and days back, where one request no longer covers the window, or none does, during the wait; and the seconds at
# which the window ends.
_WINDOW_TIMES = [(start, end) for start in (90.0, -3600.0, -4 * 3600.0 + 100) for end in (None, None, 100.0, 170.0)]
_ENDLESS_TIMES = [(-12 * 3600.0, None), (-48 * 3600.0 + 100, None), (-14 * 86400.0 + 100, None)]
_WINDOWS = st.one_of(
    st.just({"window": timedelta(hours=1)}),
    st.builds(
        lambda times, settle_time: {
            "start_time": after(times[0]),
            "end_time": None if times[1] is None else after(times[1]),
            "settle_time": settle_time,
        },
        st.sampled_from([*_WINDOW_TIMES, *_ENDLESS_TIMES]),
        st.sampled_from([0.0, 60.0, 120.0]),
    ),
)


@st.composite
def waits(draw: st.DrawFn) -> Wait:
    """Draw a wait of at most six polls."""
    arguments = {
        "destination_id": "d",
        "source_id": "s",
        "success_when": draw(_SUCCESS_WHEN),
        "fail_when": draw(_FAIL_WHEN),
        "min_attempted": draw(st.sampled_from([0, 1, 5])),
        "on_unmet": draw(st.sampled_from(["fail", "wait"])),
        **draw(_WINDOWS),
    }
    return Wait(
        arguments,
        draw(st.lists(_SEEN, min_size=1, max_size=6)),
        draw(st.sampled_from([True, True, True, False])),
        draw(st.integers(1, 6)),
    )


def play(world: World, mode: str, wait: Wait, flag: str) -> WaitOutcome:
    flags: dict[str, Any] = {} if flag == "none" else {flag: True}
    return world.play(
        mode, wait.states, right_source=wait.right_source, timeout=wait.timeout, **wait.arguments, **flags
    )


def _lines_of_requests(outcome: WaitOutcome) -> list[str]:
    """Return the lines without those that announce the first request that can decide.

    Poke mode repeats them at each interval with what it waits for by then; the trigger sleeps until that request.
    """
    return [line for line in outcome.lines if "; the next poll comes at " not in line]


@pytest.fixture(scope="module")
def world() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        if AIRFLOW_2:  # it reads the start of a rescheduled task from its database
            patch.setattr("airflow.sensors.base._orig_start_date", lambda **ids: FIRST_STARTS.get(ids["run_id"]))
        yield World(patch)


@settings(examples(SCALE), suppress_health_check=[HealthCheck.too_slow])
@given(wait=waits(), flag=st.sampled_from(FLAGS))
def test_all_modes_end_alike_with_the_same_evidence_and_log(world: World, wait: Wait, flag: str) -> None:
    poke, deferred = play(world, "poke", wait, flag), play(world, "deferrable", wait, flag)
    silent = flag == "silent_fail"
    # Airflow's own loop polls again before it raises the timeout, and so does a deferred wait at its deadline.
    before_deadline, expected = (wait.expected(polls=wait.polls_in_time + more, silent=silent) for more in (0, 1))
    at_deadline = before_deadline.status == "AirflowSensorTimeout"
    if flag in ("none", "silent_fail"):
        assert (poke.ended.status, poke.ended.xcom) == (expected.status, expected.xcom)
    assert deferred.ended.status == poke.ended.status
    assert evidence_of(deferred, times=not at_deadline) == evidence_of(poke, times=not at_deadline)
    if flag == "none" and poke.ended.status not in (SUCCESS, "AirflowSensorTimeout") and not at_deadline:
        assert deferred.ended.message == poke.ended.message
    # The last poll of a deferred wait comes at the deadline, that of poke mode after the last interval.
    compared = slice(0, -1) if at_deadline else slice(None)
    assert deferred.polls[compared] == poke.polls[compared]
    deferred_lines, poke_lines = lines_of_requests(deferred), lines_of_requests(poke)
    compared = slice(0, min(len(deferred_lines), len(poke_lines)) - 1 if at_deadline else None)
    assert deferred_lines[compared] == poke_lines[compared]
    if wait.same_when_rescheduled:
        rescheduled = play(world, "reschedule", wait, flag)
        assert (rescheduled.ended.status, rescheduled.ended.xcom) == (poke.ended.status, poke.ended.xcom)
        assert (rescheduled.polls, rescheduled.lines) == (poke.polls, poke.lines)


def lines_of_requests(outcome: WaitOutcome) -> list[str]:
    """Return the log without the lines of polls that came too early for a request; a trigger sleeps instead."""
    early = (Reason.NOT_STARTED.value, Reason.NOT_DECIDED_YET.value)
    return [line for line in outcome.lines if not any(reason in line for reason in early)]


def evidence_of(outcome: WaitOutcome, *, times: bool) -> Any:
    """Return the evidence, with or without the interval of the request."""
    evidence = outcome.ended.xcom
    if times or evidence is None:
        return evidence
    return {name: evidence[name] for name in ("metrics", "conditions")}


def test_a_different_rule_in_the_trigger_fails_the_comparison(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that the test above can fail."""
    wait = Wait(
        {"destination_id": "d", "source_id": "s", "success_when": "successes >= 8", "window": 3600},
        [Delivered(1), Delivered(9, expired=1)],
        right_source=True,
        polls_in_time=4,
    )
    assert play(world, "deferrable", wait, "none") == play(world, "poke", wait, "none")
    evaluate_correctly = verdicts.evaluate
    monkeypatch.setattr(
        "airflow_provider_segment.triggers.stream.evaluate",
        lambda criteria, observation: evaluate_correctly(
            check_criteria(**criteria.to_json() | {"min_attempted": 50}), observation
        ),
    )
    assert play(world, "deferrable", wait, "none") != play(world, "poke", wait, "none")


@pytest.mark.parametrize("mode", MODES)
def test_pages_of_a_gateway_do_not_end_a_running_wait_in_any_mode(world: World, mode: str) -> None:
    if AIRFLOW_2 and mode == "reschedule":
        pytest.skip("Airflow 2.11 does not say which poll is the first, so a foreign response ends each")
    pages = [Fault(html(status)) for status in (404, 403, 302, 400)]
    wait = Wait(
        {"destination_id": "d", "source_id": "s", "success_when": "successes >= 8", "window": 3600},
        [Delivered(1), *pages, Delivered(9)],
        right_source=True,
        polls_in_time=9,
    )
    assert play(world, mode, wait, "none").ended.status == SUCCESS


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("granularity", "shortest"), [("MINUTE", 60), ("HOUR", 5)])
def test_counts_per_minute_are_polled_at_most_once_a_minute(
    world: World, mode: str, granularity: str, shortest: float
) -> None:
    outcome = world.play(
        mode,
        [Delivered(1)],
        options=ONE_TRY,
        destination_id="d",
        source_id="s",
        success_when="successes >= 8",
        window=timedelta(hours=2),
        granularity=granularity,
        poke_interval=5,
        timeout=600,
    )

    *times, _ = outcome.times  # the last poll comes at the deadline
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) == pytest.approx(shortest, abs=0.1)
    assert len(times) > 600 / shortest - 3
