"""A sandbox whose token can be rotated, and the Airflow connection to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.testing import SegmentSandbox

VARIABLE = "AIRFLOW_CONN_SEGMENT_ROTATED"
CONN_ID = "segment_rotated"
DESTINATION = {"id": "d", "sourceId": "sandbox-web", "metadataId": "sandbox-analytics", "settings": {"apiKey": "k"}}


class Rotating:
    """A sandbox whose token can be rotated, and the Airflow connection to it."""

    def __init__(self, sandbox: Sandbox, url: str, patch: pytest.MonkeyPatch) -> None:
        self._sandbox, self._url, self._patch = sandbox, url, patch

    @property
    def client(self) -> SegmentSandbox:
        return SegmentSandbox(url=self._url, token=self._sandbox.token)

    def rotate(self, token: str) -> None:
        self._sandbox.token = token

    def connect(self, **extra: Any) -> None:
        fields = {"conn_type": "segment_public_api", "host": self._url, "password": self._sandbox.token}
        self._patch.setenv(VARIABLE, json.dumps(fields | {"extra": extra}))

    def disconnect(self) -> None:
        self._patch.delenv(VARIABLE)
