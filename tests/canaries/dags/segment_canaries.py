"""Every operator, the sensor in two modes and a notifier, with secrets in every form; most tasks fail.

The destinations are those of the test's seed; a failing task's destination is named after its failure.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.notifications.destination import SegmentDisableDestinationNotifier
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentDeleteDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.subscription import (
    SegmentCreateSubscriptionOperator,
    SegmentDeleteSubscriptionOperator,
    SegmentUpdateSubscriptionOperator,
)
from airflow_provider_segment.secrets import SecretRef
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

TYPE: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics"}
SETTINGS: dict[str, Any] = {
    "apiKey": "{{ conn.canary_template.password }}",
    "secretKey": SecretRef("canary_reference"),
    "eventNames": {"deep": [{"here": SecretRef("canary_reference", "extra.deep_secret")}]},
}
TRACK: dict[str, Any] = {"action_id": "sandbox-track", "trigger": "all", "settings": SETTINGS}
APPLIED: dict[str, Any] = TYPE | {"settings": SETTINGS, "subscriptions": [TRACK | {"name": "Track"}]}
THERE = {"destination_id": "there"}
QUOTING = {"segment_conn_id": "segment_quoting"}


def wait(task_id: str, destination_id: str, **changes: Any) -> None:
    """Wait for deliveries."""
    SegmentDeliveryMetricsSensor(
        task_id=task_id,
        destination_id=destination_id,
        source_id="sandbox-web",
        success_when="successes >= 10",
        window=timedelta(hours=1),
        poke_interval=1,
        timeout=600,
        **changes,
    )


with DAG("segment_canaries", schedule=None, catchup=False):
    # Tasks that succeed.
    SegmentCreateDestinationOperator(task_id="create", **TYPE, name="new", settings=SETTINGS)
    SegmentUpdateDestinationOperator(task_id="update", **THERE, settings=SETTINGS)
    SegmentDeleteDestinationOperator(task_id="delete", destination_id="superfluous")
    SegmentApplyDestinationOperator(task_id="apply", name="applied", **APPLIED, deferrable=True)
    SegmentCreateSubscriptionOperator(task_id="subscribe", **THERE, **TRACK, name="new", deferrable=True)
    SegmentUpdateSubscriptionOperator(task_id="change", **THERE, subscription_id="changed", settings=SETTINGS)
    SegmentDeleteSubscriptionOperator(task_id="unsubscribe", **THERE, subscription_id="removed")
    wait("wait", "delivered")
    wait("defer_to_trigger", "awaited", deferrable=True)

    @task
    def show() -> None:
        """Log everything visible of a hook."""
        hook = SegmentPublicApiHook()
        hook.get_workspace()
        logging.getLogger(__name__).debug("%r %s", hook, vars(hook))

    show()

    # Tasks that fail.
    SegmentUpdateDestinationOperator.partial(task_id="fails", settings=SETTINGS).expand(
        destination_id=["unauthorized", "missing", "conflict", "invalid", "limited", "broken", "dropped", "garbled"]
    )
    SegmentCreateSubscriptionOperator(task_id="fails_unseen", destination_id="ambiguous", **TRACK, name="new")
    SegmentCreateDestinationOperator(
        task_id="fails_existing",
        **TYPE,
        name="there",
        settings=SETTINGS,
        if_exists="fail",
        on_failure_callback=SegmentDisableDestinationNotifier(destination_id="there"),
    )
    SegmentUpdateDestinationOperator(task_id="fails_ambiguous", **TYPE, name="twin", settings=SETTINGS)
    SegmentApplyDestinationOperator(
        task_id="fails_pruning",
        **TYPE,
        name="full",
        settings=SETTINGS,
        subscriptions=[],
        prune_subscriptions=True,
        max_prune=0,
    )
    SegmentApplyDestinationOperator(task_id="fails_drifted", **TYPE, name="full", settings=SETTINGS, on_drift="fail")
    unsent = {"apiKey": SecretRef("canary_reference", "extra.unsent_secret")}
    SegmentCreateDestinationOperator(task_id="fails_before", **TYPE, name="unsent", settings=unsent)
    wait("fails_to_deliver", "delivered", fail_when="successes > 0")
    wait("fails_in_trigger", "refused", deferrable=True)

    # Tasks rejected by the quoting server.
    SegmentUpdateDestinationOperator(task_id="fails_quoted", **THERE, settings=SETTINGS, **QUOTING)
    SegmentApplyDestinationOperator(
        task_id="fails_applying",
        **TYPE,
        name="quoted",
        settings=SETTINGS,
        subscriptions=[TRACK | {"name": "Track"}],
        **QUOTING,
    )
