"""The destination types used by the histories, in the format of a sandbox seed; the model reads them too."""

from __future__ import annotations

from typing import Any

SOURCE = "web"
OTHER_SOURCE = "shop"
ANALYTICS = "analytics"
SINGLE = "single"
"""A type that allows one destination for each source; it has no actions."""
ACTIONS = ("track", "identify")
TRACK = 'type = "track"'

SOURCES: list[dict[str, Any]] = [{"id": source, "slug": f"{source}-slug"} for source in (SOURCE, OTHER_SOURCE)]
CATALOG: list[dict[str, Any]] = [
    {
        "id": ANALYTICS,
        "name": "Analytics",
        "slug": "analytics-slug",
        "status": "PUBLIC",
        "supportedFeatures": {"cloudModeInstances": "MULTIPLE", "deviceModeInstances": "NONE"},
        "options": [
            {"name": "apiKey", "type": "string"},
            {"name": "secretKey", "type": "password", "defaultValue": ""},
            {"name": "trackAllPages", "type": "boolean", "defaultValue": False},
            {"name": "region", "type": "select", "defaultValue": "us"},
            {"name": "threshold", "type": "number", "defaultValue": 30},
            {"name": "ignoredEvents", "type": "array", "defaultValue": []},
            {"name": "eventNames", "type": "text-map", "defaultValue": {}},
            {"name": "externalId", "type": "string", "defaultValue": "given-by-segment"},
        ],
        "secretOptions": ["apiKey", "secretKey"],
        "readOnlyOptions": ["externalId"],
        "actions": [{"id": action, "slug": f"{action}-slug"} for action in ACTIONS],
    },
    {
        "id": SINGLE,
        "name": "Single",
        "slug": "single-slug",
        "status": "PUBLIC",
        "supportedFeatures": {"cloudModeInstances": "SINGLE", "deviceModeInstances": "NONE"},
        "options": [{"name": "account", "type": "string"}],
        "secretOptions": [],
        "readOnlyOptions": [],
        "actions": [],
    },
]
