"""Run a DAG whenever enough events have arrived at a destination: no schedule, and no task that waits.

Airflow's triggerer watches the destination and looks at its delivery metrics every few seconds. When they cross into
the condition, an event of the asset starts a run; the next one comes when they have fallen below it and cross again.

For Airflow 3. A trigger is made when the file is parsed, so it can't take params: put your own ids here. ``make ui``
has a destination of this id; unpause the DAG, let events arrive there, and see a run begin:

    curl http://127.0.0.1:8642/_sandbox/deliver -d '{"destinationId": "sandbox-watched", "successes": 10}'
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Asset, AssetWatcher, task

from airflow_provider_segment.assets.destination import destination_asset_uri
from airflow_provider_segment.triggers.delivery_metrics import SegmentDeliveryThresholdTrigger

DESTINATION_ID = "sandbox-watched"
SOURCE_ID = "sandbox-web"

deliveries = Asset(
    "segment_deliveries",
    uri=destination_asset_uri(destination_id=DESTINATION_ID, source_id=SOURCE_ID),
    watchers=[
        AssetWatcher(
            name="enough_events",
            trigger=SegmentDeliveryThresholdTrigger(
                destination_id=DESTINATION_ID,
                source_id=SOURCE_ID,
                when=["successes >= 10", "success_rate >= 0.9"],
                window="PT10M",
                poke_interval=5,
            ),
        )
    ],
)

with DAG(
    dag_id="segment_asset_watcher",
    description="Run when deliveries cross a threshold",
    schedule=[deliveries],
    catchup=False,
    tags=["example", "segment"],
    doc_md=__doc__,
) as dag:

    @task
    def report(triggering_asset_events: Any = None) -> list[str]:
        """Stands for what shall happen then; the event brings the numbers it rests on."""
        seen = [event.extra["payload"] for event in triggering_asset_events[deliveries]]
        return [f"{one['metrics']['successes']} events arrived since {one['start_time']}" for one in seen]

    report()
