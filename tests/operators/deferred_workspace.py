"""A deferrable task that applies a folder of spec files to an empty sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.workspace.writer import write_yaml

KEY = "canary-0123456789"


@pytest.fixture(autouse=True)
def empty(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    segment_sandbox.seed("empty")
    monkeypatch.setenv("AIRFLOW_CONN_KEY", json.dumps({"conn_type": "generic", "password": KEY}))


def entries(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        {"name": f"Track {number}", "action": "trackEvent", "trigger": 'type = "track"', **changes}
        for number in range(count)
    ]


def described(name: str, count: int = 4, **changes: Any) -> dict[str, Any]:
    settings = {"apiKey": {"$secret": "key"}}
    return {
        "source": "sandbox-web",
        "type": "sandbox-analytics",
        "name": name,
        "settings": settings,
        "subscriptions": entries(count),
        **changes,
    }


def write(folder: Path, *descriptions: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    for one in descriptions:
        (folder / f"{one['name']}.yaml").write_text(write_yaml(one))
    return folder


def workspace(folder: Path, **arguments: Any) -> SegmentApplyWorkspaceOperator:
    values: dict[str, Any] = {"task_id": "apply", "path": str(folder), "deferrable": True}
    return SegmentApplyWorkspaceOperator(**values | arguments)


def made(sandbox: SegmentSandbox) -> dict[str, list[str]]:
    return {one["name"]: sorted(entry["name"] for entry in one["subscriptions"]) for one in sandbox.destinations}
