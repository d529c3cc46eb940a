"""Run the lifecycle DAG with ``airflow dags test`` in a temporary home, and show what happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from dev.demo.sandbox import Sandbox, SandboxFailedError, running_sandbox
from dev.demo.story import DagStory

DAG_ID = "segment_destination_lifecycle"
EXAMPLES = Path(__file__).parents[2] / "example_dags"
AIRFLOW = [sys.executable, "-m", "airflow"]


class DemoFailedError(Exception):
    """The demo failed; its message is the last line."""


def airflow_environment(home: str, sandbox: Sandbox) -> dict[str, str]:
    """Return the environment of an Airflow with SQLite in its own home and a connection to the sandbox."""
    return os.environ | {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",  # the story is made from Airflow's log
        "AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY": "True",
        "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT": sandbox.connection_uri,
        "NO_COLOR": "1",
    }


def airflow(environment: dict[str, str], *arguments: str) -> str:
    """Run an Airflow command and return its output."""
    done = subprocess.run(
        [*AIRFLOW, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DemoFailedError(f"airflow {' '.join(arguments)} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def run_dag(environment: dict[str, str], story: DagStory) -> None:
    """Run the DAG and pass Airflow's output to the story, line by line."""
    with subprocess.Popen(
        [*AIRFLOW, "dags", "test", DAG_ID], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            for line in process.stdout or ():
                story.read(line)
        finally:
            process.terminate()
    if process.returncode != 0:
        raise DemoFailedError(f"the DAG run failed:\n{story.last_errors()}")


def stop(_number: int, _frame: FrameType | None) -> None:
    """Stop as Ctrl-C does, so that the sandbox and the home are removed too."""
    raise KeyboardInterrupt


def main() -> None:
    """Run the demo; on a failure, print it last and exit with 1."""
    signal.signal(signal.SIGTERM, stop)
    try:
        with running_sandbox() as sandbox, tempfile.TemporaryDirectory(prefix="segment-demo-") as home:
            story = DagStory(sandbox)
            environment = airflow_environment(home, sandbox)
            story.start(DAG_ID)
            airflow(environment, "db", "migrate")
            run_dag(environment, story)
            if remaining := story.end():
                raise DemoFailedError(f"the DAG left destinations behind: {', '.join(remaining)}")
    except (DemoFailedError, SandboxFailedError, OSError) as error:
        sys.exit(f"\ndemo failed: {error}")
    except KeyboardInterrupt:
        sys.exit("\ndemo stopped")


if __name__ == "__main__":
    main()
