"""Provision a list of destinations on a schedule, with dynamic task mapping.

Each mapped task brings one destination and its subscriptions to the described state; what already matches is not
written. Segment allows 5 subscription writes per minute and token, so the tasks share a pool:

    airflow pools set segment 2 "Segment Public API"

The keys are secrets, so the list only names the Airflow connections that have them as passwords:

    airflow connections add product_analytics --conn-type generic --conn-password ...
    airflow connections add marketing_analytics --conn-type generic --conn-password ...
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.secrets import SecretRef

TRACK = {"name": "Track events", "action": "trackEvent", "trigger": 'type = "track"'}
IDENTIFY = {"name": "Identify users", "action": "identifyUser", "trigger": 'type = "identify"'}
DESTINATIONS = [
    {
        "name": "Product analytics",
        "settings": {"apiKey": SecretRef("product_analytics")},
        "subscriptions": [TRACK, IDENTIFY],
    },
    {
        "name": "Marketing analytics",
        "settings": {"apiKey": SecretRef("marketing_analytics")},
        "subscriptions": [TRACK],
    },
]

with DAG(
    dag_id="segment_provisioning",
    description="Bring a list of Segment destinations to a described state",
    schedule="@daily",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # two runs at once could both create the same destination
    tags=["example", "segment"],
    doc_md=__doc__,
    params={
        "source": Param("sandbox-web", type="string", description="Slug of the source to connect the destinations to"),
        "destination_type": Param("sandbox-analytics", type="string", description="Slug of their type"),
    },
) as dag:
    SegmentApplyDestinationOperator.partial(
        task_id="apply",
        source="{{ params.source }}",
        destination_type="{{ params.destination_type }}",
        pool="segment",
        map_index_template="{{ task.name }}",
    ).expand_kwargs(DESTINATIONS)
