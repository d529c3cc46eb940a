"""Run the lifecycle DAG with ``airflow dags test`` in a throw-away home, and tell what happens."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path

from demo.sandbox import Sandbox, running_sandbox
from demo.story import DagStory

DAG_ID = "segment_destination_lifecycle"
EXAMPLES = Path(__file__).parent.parent / "example_dags"
AIRFLOW = [sys.executable, "-m", "airflow"]
LAST_LINES = 25


class DemoFailedError(Exception):
    """Something did not work; the message ends the demo."""


def airflow_environment(home: str, sandbox: Sandbox) -> dict[str, str]:
    """Airflow with SQLite in a home of its own, and a connection to the sandbox."""
    return os.environ | {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY": "True",
        "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT": sandbox.connection_uri,
        "NO_COLOR": "1",
    }


def migrate(environment: dict[str, str]) -> None:
    """Make Airflow's database."""
    done = subprocess.run(
        [*AIRFLOW, "db", "migrate"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DemoFailedError(f"airflow db migrate failed:\n{done.stdout[-4000:]}")


def run_dag(environment: dict[str, str], story: DagStory) -> None:
    """Run the DAG and feed what Airflow prints to the story, line by line."""
    last: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        [*AIRFLOW, "dags", "test", DAG_ID], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            last.append(line)
            story.read(line)
    if process.returncode != 0:
        raise DemoFailedError(f"the DAG run failed; the last lines of its log:\n{''.join(last)}")


def main() -> None:
    """Run the demo; a failure is said in the last lines and exits with 1."""
    try:
        with running_sandbox() as sandbox, tempfile.TemporaryDirectory(prefix="segment-demo-") as home:
            story = DagStory(sandbox)
            environment = airflow_environment(home, sandbox)
            story.begin(DAG_ID)
            migrate(environment)
            run_dag(environment, story)
            if left := story.end():
                raise DemoFailedError(f"the DAG left destinations behind: {', '.join(left)}")
    except (DemoFailedError, OSError) as error:
        sys.exit(f"\ndemo failed: {error}")
    except KeyboardInterrupt:
        sys.exit("\ndemo stopped")


if __name__ == "__main__":
    main()
