"""What Airflow reads about this provider; plain data, importing nothing."""

from __future__ import annotations

from typing import Any

PROVIDER_INFO: dict[str, Any] = {
    "package-name": "airflow-provider-segment",
    "name": "Segment Public API",
    "description": "Manage Twilio Segment destinations and subscriptions, and wait for delivery metrics, from DAGs.",
}
