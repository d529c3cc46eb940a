"""Apply each spec file in `segment/` in a separate task, so that each has its own log, retries and result.

The files are listed when this DAG file is parsed, and read when the tasks run.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.workspace.destinations import load_destinations

with DAG(
    dag_id="segment_spec_files",
    description="Apply each spec file in a separate task",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["example", "segment"],
    doc_md=__doc__,
) as dag:
    SegmentApplyDestinationOperator.partial(
        task_id="apply",
        map_index_template="{{ task.name }}",  # shows the file instead of a number
        max_active_tis_per_dag=4,
    ).expand_kwargs(load_destinations("segment/", environment="sandbox"))
