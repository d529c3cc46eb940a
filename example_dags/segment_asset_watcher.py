"""Run a DAG whenever enough events have arrived at a destination, without a schedule and without a waiting task.

Airflow's triggerer polls the destination's delivery metrics. When the conditions begin to hold, an event of the asset
starts a run; the next run starts when they have stopped holding and hold again.

Needs Airflow 3. The trigger is created when the file is parsed, so it cannot use params: put your own ids here.
``make ui`` has a destination with this id; unpause the DAG, deliver events to it, and watch a run start:

    curl http://127.0.0.1:8642/_sandbox/deliver --json '{"destinationId": "sandbox-watched", "successes": 10}'
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
                min_attempted=10,
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
        """Replace this with your own work; the event has the metrics of the crossing."""
        crossings = [event.extra["payload"] for event in triggering_asset_events[deliveries]]
        return [f"{each['metrics']['successes']} events arrived since {each['start_time']}" for each in crossings]

    report()
