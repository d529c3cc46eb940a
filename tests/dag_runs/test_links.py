"""The extra link as Airflow's UI shows it after a run."""

from __future__ import annotations

import json

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.dag_runs.conftest import AirflowProcess, RunDag


def test_every_task_links_to_the_page_of_the_sandbox(
    run_dag: RunDag, segment_sandbox: SegmentSandbox, airflow_process: AirflowProcess
) -> None:
    run_dag("segment_links", code=1)  # two of its tasks fail
    shown = airflow_process.run("tests.dag_runs.stored_links", "segment_links").splitlines()[-1]
    link = {"Segment Destinations": f"{segment_sandbox.url}/_sandbox/"}
    tasks = ("plain -1", "mapped 0", "mapped 1", "waiting -1", "failing -1")
    assert json.loads(shown) == dict.fromkeys(tasks, link)
