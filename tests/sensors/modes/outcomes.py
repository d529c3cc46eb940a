"""What may become of a wait, and how Airflow is to end it: the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sensors.modes.running import AIRFLOW_2, MODES, SKIPPED, SUCCESS

METRICS = "*/delivery-metrics"
FLAGS = ("none", "soft_fail", "never_fail", "silent_fail")
DESTINATION = "wanted"

Endings = Mapping[str, str]
"""By flag."""

ALWAYS_SUCCESS: Endings = dict.fromkeys(FLAGS, SUCCESS)
# Airflow's own: the timeout is no look, so never_fail does not act on it.
OUT_OF_TIME: Endings = dict.fromkeys(FLAGS, "AirflowSensorTimeout") | {"soft_fail": SKIPPED}
FAILED: Endings = dict.fromkeys(FLAGS, "SegmentDeliveryFailedError") | {"soft_fail": SKIPPED, "never_fail": SKIPPED}


def error(name: str, *, then: str = "AirflowSensorTimeout") -> Endings:
    """No verdict but an error: never_fail alone skips, and silent_fail goes on.

    :param name: of its type.
    :param then: where silent_fail leads.
    """
    return {"none": name, "soft_fail": name, "never_fail": SKIPPED, "silent_fail": then}


def ago(**back: float) -> str:
    return (datetime.now(UTC) - timedelta(**back)).isoformat()


@dataclass(frozen=True)
class Status:
    """What becomes of a wait.

    :param name: for people.
    :param endings: by flag.
    :param prepare: the sandbox, before the wait.
    :param arguments: of the sensor, made when the wait begins.
    :param loses_connection: once the first worker is left.
    :param elsewhere: by mode, where it ends otherwise.
    :param modes: in which it may happen.
    """

    name: str
    endings: Endings
    prepare: Callable[[SegmentSandbox], Any] = lambda sandbox: None
    arguments: Callable[[], dict[str, Any]] = dict
    loses_connection: bool = False
    elsewhere: Mapping[str, Endings] = field(default_factory=dict)
    modes: tuple[str, ...] = MODES


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    mode: str
    status: Status
    flag: str

    def __str__(self) -> str:
        return f"{self.status.name}, {self.mode}, {self.flag}"

    @property
    def result(self) -> str:
        """How it is to end."""
        return self._endings[self.flag]

    @property
    def timeout(self) -> float:
        """Seconds: short where it decides, and of no importance elsewhere."""
        return 1.0 if self.result == "AirflowSensorTimeout" or self._endings is OUT_OF_TIME else 60.0

    @property
    def _endings(self) -> Endings:
        return self.status.elsewhere.get(self.mode, self.status.endings)


def table() -> Iterator[Row]:
    for status in fates():
        for mode in status.modes:
            for flag in FLAGS:
                yield Row(mode, status, flag)


def fates() -> Iterator[Status]:
    yield from _verdicts()
    yield from _refusals()
    yield from _passing_faults()
    yield from _mistakes()


def holds(sandbox: SegmentSandbox) -> None:
    sandbox.deliver(DESTINATION, successes=10, at=ago(minutes=5))


def holds_later(sandbox: SegmentSandbox) -> None:
    sandbox.deliver(DESTINATION, successes=10, at=ago(seconds=-1))


def _verdicts() -> Iterator[Status]:
    def failed(sandbox: SegmentSandbox) -> None:
        sandbox.deliver(DESTINATION, successes=10, discarded=1, at=ago(minutes=5))

    def failed_later(sandbox: SegmentSandbox) -> None:
        sandbox.deliver(DESTINATION, successes=10, discarded=1, at=ago(seconds=-1))

    yield Status("holds at the first look", ALWAYS_SUCCESS, holds)
    yield Status("holds at the first look, without any time", ALWAYS_SUCCESS, holds, lambda: {"timeout": 0})
    yield Status("holds later", ALWAYS_SUCCESS, holds_later)
    yield Status("fails at the first look", FAILED, failed)
    yield Status("fails later", FAILED, failed_later)
    yield Status("never holds", OUT_OF_TIME)
    yield Status("has no time at all", OUT_OF_TIME, arguments=lambda: {"timeout": 0})
    yield Status("too few events", OUT_OF_TIME, failed, lambda: {"min_attempted": 100})
    yield Status("begins in the future", OUT_OF_TIME, holds, lambda: _from(hours=-1))


def _refusals() -> Iterator[Status]:
    for status, kind in {
        401: "SegmentAuthError",
        403: "SegmentAuthError",
        404: "SegmentNotFoundError",
        422: "SegmentInvalidRequestError",
    }.items():

        def always(sandbox: SegmentSandbox, status: int = status) -> None:
            sandbox.fault("status", status=status, times=None)

        def later(sandbox: SegmentSandbox, status: int = status) -> None:
            sandbox.fault("delay", seconds=0, path=METRICS)  # the first look is answered
            sandbox.fault("status", status=status, path=METRICS, times=None)

        yield Status(f"{status} from the first look on", error(kind), always)
        yield Status(f"{status} from the second look on", error(kind), later)

    def once(sandbox: SegmentSandbox) -> None:
        holds(sandbox)
        sandbox.fault("status", status=403)

    def once_later(sandbox: SegmentSandbox) -> None:
        holds_later(sandbox)
        sandbox.fault("delay", seconds=0, path=METRICS)
        sandbox.fault("status", status=403, path=METRICS)

    yield Status("403 at the first look only", error("SegmentAuthError", then=SUCCESS), once)
    yield Status("403 at the second look only", error("SegmentAuthError", then=SUCCESS), once_later)


def _passing_faults() -> Iterator[Status]:
    faults: dict[str, dict[str, Any]] = {
        "503": {"kind": "status", "status": 503},
        "a lost request": {"kind": "drop_before"},
        "a lost answer": {"kind": "drop_after"},
        "half an answer": {"kind": "truncate"},
        "something else's answer": {"kind": "garbage"},
        "429": {"kind": "rate_limit", "retry_after": 1},
    }
    for name, fault in faults.items():

        def first(sandbox: SegmentSandbox, fault: dict[str, Any] = fault) -> None:
            holds(sandbox)
            sandbox.fault(**fault, times=2)

        def for_ever(sandbox: SegmentSandbox, fault: dict[str, Any] = fault) -> None:
            holds(sandbox)
            sandbox.fault(**fault, times=None)

        yield Status(f"{name} at first", ALWAYS_SUCCESS, first)
        yield Status(f"{name} for ever", OUT_OF_TIME, for_ever)

    def then_failed(sandbox: SegmentSandbox) -> None:
        sandbox.deliver(DESTINATION, discarded=10, at=ago(minutes=5))
        sandbox.fault("status", status=503)

    def then_refused(sandbox: SegmentSandbox) -> None:
        sandbox.fault("status", status=503)
        sandbox.fault("status", status=401, times=None)

    yield Status("503, then it fails", FAILED, then_failed)
    yield Status("503, then 401", error("SegmentAuthError"), then_refused)


def _mistakes() -> Iterator[Status]:
    def fault_first(sandbox: SegmentSandbox) -> None:
        sandbox.fault("status", status=503)

    other = {"source_id": "sandbox-app"}
    yield Status("another source", error("ValueError"), holds, lambda: other)
    yield Status(
        "503, then another source",
        error("ValueError"),
        fault_first,
        lambda: other,
        # Airflow 3 tells that it was rescheduled, and nothing is kept in between: the first look is the only one that
        # reads the destination. Segment itself refuses then. Airflow 2.11 does not tell: each look counts as the first.
        elsewhere={} if AIRFLOW_2 else {"reschedule": error("SegmentNotFoundError")},
    )
    yield Status("another destination", error("SegmentNotFoundError"), holds, lambda: {"destination_id": "no"})
    yield Status(
        "no connection",
        error("AirflowNotFoundException"),
        holds,
        lambda: {"segment_conn_id": "segment_modes_none"},
    )
    yield Status(
        "the connection goes",
        error("AirflowNotFoundException"),
        loses_connection=True,
        modes=("reschedule", "deferrable"),  # poke mode has read it
    )
    yield Status("a condition that is none", error("ValueError"), holds, lambda: {"success_when": "{{ 'no' }}"})
    yield Status("a window nothing covers", error("ValueError"), holds, lambda: _from(days=15))
    yield Status("a window nothing covers any more", error("ValueError"), arguments=_growing_too_long)


def _from(**back: float) -> dict[str, Any]:
    return {"window": None, "start_time": ago(**back)}


def _growing_too_long() -> dict[str, Any]:
    # Whole seconds count; in between 1 and 2 s from now, none covers it any more.
    return _from(days=14, seconds=-2)
