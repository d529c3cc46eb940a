"""The cost of importing a provider into a minimal file, in CPU and modules, compared with another provider.

Each round runs in its own process; the rounds of all subjects alternate, and the median of each counts.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from dev.benchmarks.peers import title_of

ROUNDS = 11
GOAL = 0.25
HTTP_LIBRARIES = {"aiohttp", "http.client", "httpx", "requests", "urllib3"}
DAG_FILE = "from airflow.providers.common.compat.sdk import DAG, BaseOperator, BaseSensorOperator"
TRIGGERER = "from airflow.triggers.base import BaseEventTrigger, BaseTrigger, TriggerEvent"
PROGRAM = """
import json, sys, time
{minimal}
before, cpu = set(sys.modules), time.process_time()
{subject}
spent = time.process_time() - cpu
print(json.dumps({{"cpu": spent, "modules": sorted(set(sys.modules) - before)}}))
"""
OPERATORS = """
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import SegmentCreateDestinationOperator
from airflow_provider_segment.operators.subscription import SegmentCreateSubscriptionOperator
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
"""
AIRBYTE = """
from airflow.providers.airbyte.operators.airbyte import AirbyteTriggerSyncOperator
from airflow.providers.airbyte.sensors.airbyte import AirbyteJobSensor
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """An import to measure.

    :param title: its title in the table.
    :param minimal: imports that are not measured.
    :param program: the measured imports.
    """

    title: str
    minimal: str
    program: str

    def round(self, home: str) -> tuple[float, set[str]]:
        """Import in a new process, and return the milliseconds of CPU and the modules loaded."""
        program = PROGRAM.format(minimal=self.minimal, subject=self.program)
        # Bytecode is cached, as for an installed provider, whatever this environment sets.
        cached = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(home) / "bytecode")}
        environment = {**os.environ, **cached, "AIRFLOW_HOME": home}
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env=environment)
        found = json.loads(done.stdout.splitlines()[-1])
        return found["cpu"] * 1000, set(found["modules"])


def subjects() -> list[Subject]:
    """Return each of our subjects, followed by the one it is compared with."""
    airbyte = title_of("apache-airflow-providers-airbyte")
    triggers = "from airflow_provider_segment.triggers.delivery_metrics import SegmentDeliveryMetricsTrigger"
    airbytes = "from airflow.providers.airbyte.triggers.airbyte import AirbyteSyncTrigger"
    return [
        Subject("our operators and sensor, over a minimal DAG file", DAG_FILE, OPERATORS),
        Subject(f"{airbyte}: operator and sensor", DAG_FILE, AIRBYTE),
        Subject("our triggers, over Airflow's own", TRIGGERER, triggers),
        Subject(f"{airbyte}: trigger", TRIGGERER, airbytes),
    ]


def main() -> None:
    """Measure and print the table."""
    measured = subjects()
    with tempfile.TemporaryDirectory() as home:
        for subject in measured:
            subject.round(home)  # writes the bytecode
        rounds = [[subject.round(home) for subject in measured] for _ in range(ROUNDS)]
    drawn = Table("", "CPU ms,\nmedian", "least", "modules", "HTTP libraries")
    medians = []
    for subject, found in zip(measured, zip(*rounds, strict=True), strict=True):
        state, modules = [cpu for cpu, _ in found], found[0][1]
        medians.append(statistics.median(state))
        http = ", ".join(sorted(modules & HTTP_LIBRARIES)) or "none"
        drawn.add_row(subject.title, f"{medians[-1]:.1f}", f"{min(state):.1f}", str(len(modules)), http)
    console = Console()
    console.print(drawn)
    ratio = medians[0] / medians[1]
    reached = "reached" if ratio <= GOAL else "not reached"
    console.print(f"operators and sensor / Airbyte's: {ratio:.2f}; goal, at most {GOAL}: {reached}")
    console.print("\n".join(sorted(rounds[0][0][1])), style="dim")


if __name__ == "__main__":
    main()
