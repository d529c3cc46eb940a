"""The provider info that Airflow reads, as plain data; this module does not import Airflow."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.hooks.connection_form import provider_info_connection_type
from airflow_provider_segment.version import __version__

_INTEGRATION = "Segment Public API"


def _modules(*names: str) -> list[dict[str, Any]]:
    return [
        {
            "integration-name": _INTEGRATION,
            "python-modules": [f"airflow_provider_segment.{name}" for name in names],
        }
    ]


_DESTINATION_ASSET = {
    "schemes": ["segment"],
    "handler": "airflow_provider_segment.assets.destination.sanitize_uri",
    "to_openlineage_converter": "airflow_provider_segment.assets.destination.convert_asset_to_openlineage",
}

PROVIDER_INFO: dict[str, Any] = {
    "package-name": "airflow-provider-segment",
    "name": "Segment Public API",
    "description": "Manage Twilio Segment destinations, subscriptions and filters, and wait for delivery metrics.",
    "versions": [__version__],
    "integrations": [
        {"integration-name": _INTEGRATION, "external-doc-url": "https://docs.segmentapis.com/", "tags": ["service"]}
    ],
    "operators": _modules(
        *(f"operators.{name}" for name in ("apply", "destination", "filter", "subscription", "workspace"))
    ),
    "sensors": _modules("sensors.delivery_metrics"),
    "hooks": _modules("hooks.segment"),
    "triggers": _modules("triggers.delivery_metrics", "triggers.rate_limit"),
    "notifications": [
        f"airflow_provider_segment.notifications.destination.Segment{verb}DestinationNotifier"
        for verb in ("Disable", "Enable")
    ],
    # If an operator has a link that is not listed here, Airflow 2.11 drops all of its links.
    "extra-links": ["airflow_provider_segment.links.segment.SegmentDestinationsLink"],
    # Airflow 2.11 uses the old key name.
    **{key: [_DESTINATION_ASSET] for key in ("asset-uris", "dataset-uris")},
    "connection-types": [provider_info_connection_type()],
}
