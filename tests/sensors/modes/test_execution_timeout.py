"""``execution_timeout`` next to the sensor's own timeout: it is no error of a poll, so no flag applies.

Airflow interrupts a task in the worker by a signal, so these tests run one at a time.
"""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowTaskTimeout, TaskDeferred

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.running import Running
from tests.sensors.modes.outcomes import FLAGS
from tests.sensors.modes.running import AIRFLOW_2, SKIPPED, Ended, run
from tests.sensors.samples import sensor

_NEW = "airflow.sdk.execution_time.timeout"
_airflows: Any = import_module(_NEW if not AIRFLOW_2 and find_spec(_NEW) else "airflow.utils.timeout")
LIMIT = 1.0


def limited(mode: str, destination: str, flag: str, **changes: Any) -> Ended:
    """Run as Airflow does: poke mode under its signal; Airflow 3 does not apply it to a deferred task."""
    arguments: dict[str, Any] = {"poke_interval": 20, "timeout": 60, "execution_timeout": timedelta(seconds=LIMIT)}
    arguments |= {} if flag == "none" else {flag: True}

    def make(**status: Any) -> SegmentDeliveryMetricsSensor:
        return sensor(destination, **arguments | changes | status)

    if mode == "deferrable":
        return run(mode, make)

    with _airflows.timeout(LIMIT):
        return run(mode, make)


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("mode", ["poke", "deferrable"])
def test_between_polls_no_flag_changes_execution_timeout(mode: str, flag: str, destination_id: str) -> None:
    assert limited(mode, destination_id, flag).status == AirflowTaskTimeout.__name__


@pytest.mark.parametrize("mode", ["poke", "deferrable"])
@pytest.mark.parametrize(
    ("flag", "status"),
    [
        ("none", AirflowTaskTimeout.__name__),
        ("soft_fail", SKIPPED),
        ("never_fail", SKIPPED),
        ("silent_fail", AirflowTaskTimeout.__name__),
    ],
)
def test_during_the_first_poll_flags_act_as_airflows_sensor_does(
    mode: str, flag: str, status: str, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.fault("delay", seconds=30, times=None)
    task = sensor(destination_id, deferrable=mode == "deferrable", **({} if flag == "none" else {flag: True}))
    with _airflows.timeout(LIMIT):
        assert run(mode, lambda **_: task).status == status


def test_an_execution_timeout_of_0_is_no_limit(destination_id: str) -> None:
    """An ``execution_timeout`` of 0 is no limit to Airflow."""
    with pytest.raises(TaskDeferred):
        Running().run(sensor(destination_id, deferrable=True, execution_timeout=timedelta(0)))
