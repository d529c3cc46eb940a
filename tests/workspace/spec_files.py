"""Spec files, and the destinations that they describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_provider_segment.workspace.writer import write_yaml


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write the files of a folder, and return the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def spec(**changes: Any) -> str:
    """Return a spec file; a key whose value is None is left out."""
    value = {"source": "web", "type": "sandbox-analytics", "name": "A", **changes}
    return write_yaml({key: item for key, item in value.items() if item is not None})


def described(**changes: Any) -> str:
    """Return a spec file of the destination that ``existing`` returns."""
    return spec(**{"source": "my-website", "type": "actions-cloud", "name": "Existing 0", **changes})


def existing(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a destination for the sandbox's seed."""
    return {
        "id": f"d{number}",
        "sourceId": "web",
        "metadataId": "t-cloud",
        "name": f"Existing {number}",
        "settings": {"apiKey": "key-0123456789-dada"},
        "subscriptions": [
            {"id": f"s{number}", "name": "Track", "actionId": "a-track", "trigger": 'type = "track"', "enabled": True}
        ],
        **changes,
    }
