"""Airflow parses DAG files again and again, so importing the operators and the sensor must stay cheap.

`make bench` measures the time; here stands what made it long before.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import dataclasses, json, re, sys
from airflow.providers.common.compat.sdk import DAG, BaseOperator, BaseSensorOperator
before = set(sys.modules)
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import SegmentCreateDestinationOperator
from airflow_provider_segment.operators.subscription import SegmentCreateSubscriptionOperator
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
loaded = set(sys.modules) - before
ours = {name: vars(sys.modules[name]) for name in loaded if name.startswith("airflow_provider_segment.")}
slow = [
    f"{module}.{name}"
    for module, values in ours.items()
    for name, value in values.items()
    if isinstance(value, re.Pattern)
    or (isinstance(value, type) and value.__module__ == module and "__dataclass_fields__" in vars(value))
]
print(json.dumps({"loaded": sorted(loaded), "slow": slow}))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, list[str]]:
    """Return the modules that importing operators and sensor loads, and what in ours is slow to define."""
    output = subprocess.check_output([sys.executable, "-c", PROGRAM], text=True)
    found: dict[str, list[str]] = json.loads(output.splitlines()[-1])
    return found


def test_no_dataclass_and_no_pattern_is_defined(imported: dict[str, list[str]]) -> None:
    assert "airflow_provider_segment.protocol.provisioning.spec" in imported["loaded"]
    assert imported["slow"] == []


@pytest.mark.parametrize("library", ["aiohttp", "difflib", "http.client", "httpx", "requests", "urllib3", "yaml"])
def test_a_library_is_not_loaded(imported: dict[str, list[str]], library: str) -> None:
    assert library not in imported["loaded"]


@pytest.mark.parametrize("package", ["hooks.segment", "protocol.errors", "protocol.flow", "protocol.wire", "transport"])
def test_what_only_a_running_task_needs_is_not_loaded(imported: dict[str, list[str]], package: str) -> None:
    name = f"airflow_provider_segment.{package}"
    assert [module for module in imported["loaded"] if module == name or module.startswith(f"{name}.")] == []
