"""Check every night whether Segment still matches the spec files in `segment/`, and fail if it does not.

Nothing is written. The plan in the task's log shows what differs. To apply it, run the DAG with `on_drift` set to
`fix`, for example after a change to the files was merged.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator

with DAG(
    dag_id="segment_workspace",
    description="Fail when Segment differs from the spec files",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["example", "segment"],
    doc_md=__doc__,
    params={
        "on_drift": Param("fail", enum=["fail", "report", "fix"], description="What to do about differences"),
        "environment": Param("sandbox", type="string", description="A file in segment/environments/"),
    },
) as dag:
    SegmentApplyWorkspaceOperator(
        task_id="apply",
        path="segment",  # relative to this file
        environment="{{ params.environment }}",
        on_drift="{{ params.on_drift }}",
    )
