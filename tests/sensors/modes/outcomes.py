"""The table of outcomes: what may happen to a wait, and how the task must end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sensors.modes.running import AIRFLOW_2, MODES, SKIPPED, SUCCESS
from tests.sensors.samples import ago

METRICS = "*/delivery-metrics"
FLAGS = ("none", "soft_fail", "never_fail", "silent_fail")
DESTINATION = "wanted"

EndByFlag = Mapping[str, str]
"""How the task ends, by flag."""

ALWAYS_SUCCESS: EndByFlag = dict.fromkeys(FLAGS, SUCCESS)
# As in Airflow: never_fail applies to errors of a poll, and the timeout is not one.
TIMES_OUT: EndByFlag = dict.fromkeys(FLAGS, "AirflowSensorTimeout") | {"soft_fail": SKIPPED}
FAILED: EndByFlag = dict.fromkeys(FLAGS, "SegmentDeliveryFailedError") | {"soft_fail": SKIPPED, "never_fail": SKIPPED}


ALWAYS_SKIPPED: EndByFlag = dict.fromkeys(FLAGS, SKIPPED)
UNMET: EndByFlag = dict.fromkeys(FLAGS, "SegmentDeliveryUnmetError") | {"soft_fail": SKIPPED, "never_fail": SKIPPED}


def error(name: str, *, then: str = "AirflowSensorTimeout") -> EndByFlag:
    """Return how an error ends the task: only never_fail skips, and silent_fail goes on.

    :param name: class name of the error.
    :param then: how the task ends with silent_fail.
    """
    return {"none": name, "soft_fail": name, "never_fail": SKIPPED, "silent_fail": then}


@dataclass(frozen=True)
class Case:
    """Something that may happen to a wait.

    :param name: name in the output.
    :param endings: how the task ends, by flag.
    :param prepare: prepares the sandbox before the wait.
    :param arguments: makes arguments of the sensor when the wait starts.
    :param loses_connection: whether the connection is deleted after the first worker.
    :param elsewhere: how the task ends in modes where that differs.
    :param modes: the modes in which it may happen.
    """

    name: str
    endings: EndByFlag
    prepare: Callable[[SegmentSandbox], Any] = lambda sandbox: None
    arguments: Callable[[], dict[str, Any]] = dict
    loses_connection: bool = False
    elsewhere: Mapping[str, EndByFlag] = field(default_factory=dict)
    modes: tuple[str, ...] = MODES


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    mode: str
    case: Case
    flag: str

    def __str__(self) -> str:
        return f"{self.case.name}, {self.mode}, {self.flag}"

    @property
    def result(self) -> str:
        """How the task must end."""
        return self._endings[self.flag]

    @property
    def timeout(self) -> float:
        """The sensor's timeout in seconds: short if it decides, and long enough otherwise."""
        return 1.0 if self.result == "AirflowSensorTimeout" or self._endings is TIMES_OUT else 60.0

    @property
    def _endings(self) -> EndByFlag:
        return self.case.elsewhere.get(self.mode, self.case.endings)


def table() -> Iterator[Row]:
    for case in outcomes():
        for mode in case.modes:
            for flag in FLAGS:
                yield Row(mode, case, flag)


def outcomes() -> Iterator[Case]:
    yield from _verdicts()
    yield from _permanent_errors()
    yield from _transient_failures()
    yield from _invalid_waits()


def holds(sandbox: SegmentSandbox) -> None:
    sandbox.deliver(DESTINATION, successes=10, at=ago(minutes=5))


def holds_later(sandbox: SegmentSandbox) -> None:
    sandbox.deliver(DESTINATION, successes=10, at=ago(seconds=-1))


def _verdicts() -> Iterator[Case]:
    def failed(sandbox: SegmentSandbox) -> None:
        sandbox.deliver(DESTINATION, successes=10, discarded=1, at=ago(minutes=5))

    def failed_later(sandbox: SegmentSandbox) -> None:
        sandbox.deliver(DESTINATION, successes=10, discarded=1, at=ago(seconds=-1))

    yield Case("holds at the first poll", ALWAYS_SUCCESS, holds)
    yield Case("holds at the first poll, with timeout 0", ALWAYS_SUCCESS, holds, lambda: {"timeout": 0})
    yield Case("holds later", ALWAYS_SUCCESS, holds_later)
    yield Case("fails at the first poll", FAILED, failed)
    yield Case("fails later", FAILED, failed_later)
    yield Case("never holds", TIMES_OUT)
    yield Case("has timeout 0", TIMES_OUT, arguments=lambda: {"timeout": 0})
    yield Case("too few events", TIMES_OUT, failed, lambda: {"min_attempted": 100})
    yield Case("the window is closed and unmet", UNMET, arguments=_closed)
    yield Case(
        "the window is closed and unmet, skip", ALWAYS_SKIPPED, arguments=lambda: _closed() | {"on_unmet": "skip"}
    )
    yield Case("the window is closed and unmet, wait", TIMES_OUT, arguments=lambda: _closed() | {"on_unmet": "wait"})
    yield Case("the window closes unmet", UNMET, arguments=_closing)
    yield Case("the window is too old", UNMET, arguments=lambda: _from(days=20) | {"end_time": ago(days=19)})
    yield Case("starts in the future", TIMES_OUT, holds, lambda: _from(hours=-1))


def _permanent_errors() -> Iterator[Case]:
    for status, kind in {
        401: "SegmentAuthError",
        403: "SegmentAuthError",
        404: "SegmentNotFoundError",
        422: "SegmentInvalidRequestError",
    }.items():

        def always(sandbox: SegmentSandbox, status: int = status) -> None:
            sandbox.fault("status", status=status, times=None)

        def later(sandbox: SegmentSandbox, status: int = status) -> None:
            sandbox.fault("delay", seconds=0, path=METRICS)  # the first poll succeeds
            sandbox.fault("status", status=status, path=METRICS, times=None)

        yield Case(f"{status} from the first poll on", error(kind), always)
        yield Case(f"{status} from the second poll on", error(kind), later)

    def once(sandbox: SegmentSandbox) -> None:
        holds(sandbox)
        sandbox.fault("status", status=403)

    def once_later(sandbox: SegmentSandbox) -> None:
        holds_later(sandbox)
        sandbox.fault("delay", seconds=0, path=METRICS)
        sandbox.fault("status", status=403, path=METRICS)

    yield Case("403 at the first poll only", error("SegmentAuthError", then=SUCCESS), once)
    yield Case("403 at the second poll only", error("SegmentAuthError", then=SUCCESS), once_later)


def _transient_failures() -> Iterator[Case]:
    faults: dict[str, dict[str, Any]] = {
        "503": {"kind": "status", "status": 503},
        "a lost request": {"kind": "drop_before"},
        "a lost response": {"kind": "drop_after"},
        "a truncated response": {"kind": "truncate"},
        "a response that is not JSON": {"kind": "garbage"},
        "429": {"kind": "rate_limit", "retry_after": 1},
    }
    for name, fault in faults.items():

        def first(sandbox: SegmentSandbox, fault: dict[str, Any] = fault) -> None:
            holds(sandbox)
            sandbox.fault(**fault, times=2)

        def forever(sandbox: SegmentSandbox, fault: dict[str, Any] = fault) -> None:
            holds(sandbox)
            sandbox.fault(**fault, times=None)

        yield Case(f"{name} at first", ALWAYS_SUCCESS, first)
        yield Case(f"{name} forever", TIMES_OUT, forever)

    def then_failed(sandbox: SegmentSandbox) -> None:
        sandbox.deliver(DESTINATION, discarded=10, at=ago(minutes=5))
        sandbox.fault("status", status=503)

    def then_refused(sandbox: SegmentSandbox) -> None:
        sandbox.fault("status", status=503)
        sandbox.fault("status", status=401, times=None)

    yield Case("503, then it fails", FAILED, then_failed)
    yield Case("503, then 401", error("SegmentAuthError"), then_refused)


def _invalid_waits() -> Iterator[Case]:
    def fault_first(sandbox: SegmentSandbox) -> None:
        sandbox.fault("status", status=503)

    other = {"source_id": "sandbox-app"}
    yield Case("another source", error("ValueError"), holds, lambda: other)
    yield Case("503, then another source", error("ValueError"), fault_first, lambda: other)
    yield Case("another destination", error("SegmentNotFoundError"), holds, lambda: {"destination_id": "no"})
    yield Case(
        "no connection",
        error("AirflowNotFoundException"),
        holds,
        lambda: {"segment_conn_id": "segment_modes_none"},
    )
    yield Case(
        "the connection is deleted",
        TIMES_OUT,  # Airflow reports a secrets backend that is down in the same way
        elsewhere={"reschedule": error("AirflowNotFoundException")} if AIRFLOW_2 else {},
        loses_connection=True,
        modes=("reschedule", "deferrable"),  # poke mode reads it once
    )
    yield Case("an invalid condition", error("ValueError"), holds, lambda: {"success_when": "{{ 'no' }}"})
    yield Case("a window that no granularity covers", error("ValueError"), holds, lambda: _from(days=15))
    yield Case("a window that no granularity covers any more", error("ValueError"), arguments=_growing_too_long)


def _from(**back: float) -> dict[str, Any]:
    return {"window": None, "start_time": ago(**back)}


def _closed() -> dict[str, Any]:
    return _from(hours=2) | {"end_time": ago(hours=1)}


def _closing() -> dict[str, Any]:
    return _from(hours=1) | {"end_time": ago(seconds=-1), "settle_time": 0}


def _growing_too_long() -> dict[str, Any]:
    # Whole seconds count; in between 5 and 6 s from now, none covers it any more. A busy machine needs the first ones.
    return _from(hours=48, seconds=-6)
