"""Check every night whether a destination still matches its description, and fail if someone has changed it by hand.

Nothing is written. The error lists the differences, and the result in XCom contains them by object and field. To fix
them, run the same operator with ``on_drift="fix"``.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.secrets import SecretRef

with DAG(
    dag_id="segment_drift",
    description="Fail when a Segment destination differs from its description",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["example", "segment"],
    doc_md=__doc__,
    params={
        "source": Param("sandbox-web", type="string", description="Slug of the destination's source"),
        "destination_type": Param("sandbox-analytics", type="string", description="Slug of the destination's type"),
        "name": Param("Product analytics", type="string", description="Name of the destination"),
    },
) as dag:
    SegmentApplyDestinationOperator(
        task_id="check",
        source="{{ params.source }}",
        destination_type="{{ params.destination_type }}",
        name="{{ params.name }}",
        settings={"apiKey": SecretRef("product_analytics")},  # only these settings are compared
        on_drift="fail",
    )
