"""A task that applies one destination with two subscriptions."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator

KEY = "0123456789abcdef"
TRACK: dict[str, Any] = {"name": "Track", "action_id": "sandbox-track", "trigger": 'type = "track"'}
IDENTIFY: dict[str, Any] = {"name": "Identify", "action_id": "sandbox-identify", "trigger": 'type = "identify"'}


def apply(**changes: Any) -> SegmentApplyDestinationOperator:
    """Return the task; ``changes`` are arguments with other values."""
    arguments: dict[str, Any] = {
        "task_id": "apply",
        "source_id": "sandbox-web",
        "metadata_id": "sandbox-analytics",
        "name": "mine",
        "settings": {"apiKey": KEY},
        "subscriptions": [TRACK, IDENTIFY],
    }
    return SegmentApplyDestinationOperator(**arguments | changes)
