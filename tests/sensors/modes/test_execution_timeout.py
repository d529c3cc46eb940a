"""``execution_timeout`` beside the sensor's own timeout: not a matter of looks, so the flags leave it alone.

Airflow ends a task in the worker by a signal, so these run one at a time.
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
from tests.sensors.test_delivery_metrics import destination_id, hook, sensor

__all__ = ["destination_id", "hook"]

_NEW = "airflow.sdk.execution_time.timeout"
_airflows: Any = import_module(_NEW if not AIRFLOW_2 and find_spec(_NEW) else "airflow.utils.timeout")
LIMIT = 1.0


def limited(mode: str, destination: str, flag: str, **changes: Any) -> Ended:
    """Run as Airflow does: poke mode under its signal; a deferred task in a worker is not held to it on Airflow 3."""
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
def test_between_looks_no_flag_acts_on_it(mode: str, flag: str, destination_id: str) -> None:
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
def test_in_the_middle_of_the_first_look_airflows_sensor_decides(
    mode: str, flag: str, status: str, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.fault("delay", seconds=30, times=None)
    task = sensor(destination_id, deferrable=mode == "deferrable", **({} if flag == "none" else {flag: True}))
    with _airflows.timeout(LIMIT):
        assert run(mode, lambda **_: task).status == status


def test_none_is_none(destination_id: str) -> None:
    """An ``execution_timeout`` of 0 is no limit to Airflow."""
    with pytest.raises(TaskDeferred):
        Running().run(sensor(destination_id, deferrable=True, execution_timeout=timedelta(0)))
