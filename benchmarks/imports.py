"""What importing the operators and the sensor adds to a minimal DAG file: milliseconds and modules.

Each round is a process of its own; rounds with and without alternate, and the median of each counts.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from rich.console import Console
from rich.table import Table

ROUNDS = 15
HTTP_LIBRARIES = ("aiohttp", "http.client", "httpx", "requests", "urllib3")
MINIMAL = "from airflow.providers.common.compat.sdk import DAG, BaseOperator, BaseSensorOperator"
OURS = """
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import SegmentCreateDestinationOperator
from airflow_provider_segment.operators.subscription import SegmentCreateSubscriptionOperator
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
"""
PROGRAM = f"""
import json, sys, time
{MINIMAL}
before, started, cpu = set(sys.modules), time.perf_counter(), time.process_time()
{{ours}}
spent = time.process_time() - cpu
print(json.dumps({{{{"cpu": spent, "modules": sorted(set(sys.modules) - before)}}}}))
"""


def round_of(ours: str) -> dict[str, object]:
    """Import in a new process."""
    program = PROGRAM.format(ours=ours)
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, text=True)
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Measure and draw."""
    rounds = [round_of(OURS) for _ in range(ROUNDS)]
    modules = [str(name) for name in rounds[0]["modules"]]  # type: ignore[attr-defined]
    milliseconds = statistics.median(float(str(found["cpu"])) for found in rounds) * 1000
    http = [name for name in modules if name.split(".")[0] in HTTP_LIBRARIES or name in HTTP_LIBRARIES]
    drawn = Table("operators and sensor over a minimal DAG file", "")
    drawn.add_row("CPU, median", f"{milliseconds:.1f} ms")
    drawn.add_row("modules", f"{len(modules)}, of them our own {sum('segment' in name for name in modules)}")
    drawn.add_row("HTTP libraries among them", ", ".join(http) or "none")
    Console().print(drawn)
    Console().print("\n".join(modules), style="dim")


if __name__ == "__main__":
    main()
