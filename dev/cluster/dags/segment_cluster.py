"""The DAGs of ``make cluster``, one for each phase; their destinations come from ``dev.cluster.described``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator
from airflow_provider_segment.secrets import SecretRef
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from dev.cluster.described import FLEET_SIZE, KEY_CONNECTION, SUBSCRIPTIONS, TYPE, described_destinations

DESCRIBED = described_destinations()
SETTINGS: dict[str, Any] = {"apiKey": SecretRef(KEY_CONNECTION)}
DEFAULTS: dict[str, Any] = {"retries": 5, "retry_delay": timedelta(seconds=5)}


def fleets(**fields: Any) -> list[list[dict[str, Any]]]:
    """Return the descriptions for the tasks of ``SegmentApplyWorkspaceOperator``."""
    return [[{**one, "type": TYPE, **fields} for one in fleet] for fleet in DESCRIBED.fleets]


with DAG("apply_by_mapping", schedule=None, catchup=False, default_args=DEFAULTS):
    SegmentApplyDestinationOperator.partial(
        task_id="apply",
        destination_type=TYPE,
        settings=SETTINGS,
        subscriptions=SUBSCRIPTIONS,
        deferrable=True,
    ).expand_kwargs(DESCRIBED.mapped)

with DAG("apply_by_fleet", schedule=None, catchup=False, default_args=DEFAULTS):
    FLEETS = fleets(settings=SETTINGS, subscriptions=SUBSCRIPTIONS)
    SegmentApplyWorkspaceOperator.partial(task_id="apply", deferrable=True).expand(destinations=FLEETS[::2])
    SegmentApplyWorkspaceOperator.partial(task_id="apply_in_slots", deferrable=False).expand(destinations=FLEETS[1::2])

with DAG("wait", schedule=None, catchup=False, default_args=DEFAULTS):
    SegmentDeliveryMetricsSensor.partial(
        task_id="wait",
        destination_type=TYPE,
        success_when="successes >= 10",
        window=timedelta(hours=1),
        poke_interval=10,
        timeout=3600,
        deferrable=True,
    ).expand_kwargs(DESCRIBED.all)

with DAG("disable", schedule=None, catchup=False, default_args=DEFAULTS):
    SegmentUpdateDestinationOperator.partial(task_id="disable", destination_type=TYPE, enabled=False).expand_kwargs(
        DESCRIBED.mapped
    )
    SegmentApplyWorkspaceOperator.partial(task_id="disable_fleet").expand(destinations=fleets(enabled=False))

with DAG("delete", schedule=None, catchup=False, default_args=DEFAULTS):
    SegmentDeleteDestinationOperator.partial(task_id="delete", destination_type=TYPE).expand_kwargs(DESCRIBED.mapped)
    SegmentApplyWorkspaceOperator.partial(task_id="delete_fleet", max_prune=3 * FLEET_SIZE).expand(
        destinations=fleets(removed=True)
    )
