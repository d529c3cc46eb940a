"""Uses of the operators that the examples do not show: mapping, nested templates, XCom, setup and teardown."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, literal, task

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
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor

with DAG(
    dag_id="segment_mapped",
    schedule=None,
    catchup=False,
    params={"key": "a-key-from-params"},
    # Airflow passes it to every class, so each must accept it.
    default_args={"segment_conn_id": "segment_public_api_default"},
) as dag:
    mapped = SegmentCreateDestinationOperator.partial(
        task_id="mapped",
        source_id="sandbox-web",
        metadata_id="sandbox-analytics",
        if_exists="update",
    ).expand_kwargs(
        [
            {
                "name": "expanded {{ run_id }}",
                "settings": {"apiKey": "{{ params.key }}", "eventNames": {"a": {"@template": "Hi {{name}}"}}},
            },
            {"name": "plain", "settings": {"apiKey": "k", "ignoredEvents": [{"@template": "{{ deep }}"}]}},
        ]
    )

    partial_settings = SegmentCreateDestinationOperator.partial(
        task_id="partial_settings",
        source_id="sandbox-web",
        metadata_id="sandbox-analytics",
        settings={"apiKey": "{{ params.key }}", "eventNames": {"b": [{"@template": "{{name}} {{ other }}"}]}},
    ).expand(name=["one", "two"])

    @task
    def specs() -> list[dict[str, object]]:
        """Return settings for a mapped task; what looks like a template in them is data."""
        return [
            {"apiKey": "k", "ignoredEvents": ["{{ ds }}"], "eventNames": {"a": {"@liquid": "{{ x }}", "b": "{{ y }}"}}}
        ]

    @task
    def names() -> list[str]:
        """Return names for a mapped task."""
        return ["raw {{ 2 }}"]

    mapped_from_xcom = SegmentCreateDestinationOperator.partial(
        task_id="mapped_from_xcom", source_id="sandbox-web", metadata_id="sandbox-analytics"
    ).expand(settings=specs(), name=names())

    @task
    def everything() -> list[dict[str, object]]:
        """Return all arguments of a mapped task."""
        return [{"settings": {"apiKey": "k", "ignoredEvents": ["{{ ds }}"]}, "name": "data {{ 3 }}"}]

    mapped_kwargs_from_xcom = SegmentCreateDestinationOperator.partial(
        task_id="mapped_kwargs_from_xcom", source_id="sandbox-web", metadata_id="{{ 'sandbox-analytics' }}"
    ).expand_kwargs(everything())

    with_literals = SegmentCreateDestinationOperator(
        task_id="with_literals",
        source_id="sandbox-web",
        metadata_id="sandbox-analytics",
        name="with literals",
        settings={"apiKey": literal("{{ ds }}k\n"), "ignoredEvents": [literal("{{ ds }}\n"), "{{ 1 + 1 }}"]},
    )

    @task
    def spec() -> dict[str, object]:
        """Return settings for a later task."""
        return {"apiKey": "k", "eventNames": {"c": {"@template": "{{x}}"}}}

    from_xcom = SegmentCreateDestinationOperator(
        task_id="from_xcom",
        source_id="sandbox-web",
        metadata_id="sandbox-analytics",
        name="from xcom",
        settings=spec(),
    )
    subscribe = SegmentCreateSubscriptionOperator(
        task_id="subscribe",
        destination_id=from_xcom.output,
        name="Track",
        action_id="sandbox-track",
        trigger='type = "track"',
        settings={"greeting": {"@template": "Hi {{name}}"}},
    )
    change = SegmentUpdateSubscriptionOperator(
        task_id="change", destination_id=from_xcom.output, subscription_id=subscribe.output, trigger="all"
    )
    wait = SegmentDeliveryMetricsSensor(
        task_id="wait",
        destination_id=from_xcom.output,
        source_id="sandbox-web",
        success_when="successes >= 1",
        start_time="{{ dag_run.start_date }}",
        mode="reschedule",
        poke_interval=1,
        timeout=120,
    )
    unsubscribe = SegmentDeleteSubscriptionOperator(
        task_id="unsubscribe", destination_id=from_xcom.output, subscription_id=subscribe.output
    )
    rename = SegmentUpdateDestinationOperator(
        task_id="rename", destination_id=from_xcom.output, new_name="renamed {{ ds }}"
    )
    delete = SegmentDeleteDestinationOperator.partial(task_id="delete").expand(destination_id=partial_settings.output)

    subscribe >> change >> wait >> unsubscribe >> rename
