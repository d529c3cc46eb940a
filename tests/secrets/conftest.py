"""Fixtures for secrets in settings: Airflow's masker, connections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.secrets.masker import Masker, fresh_masker

Connect = Callable[..., None]


@pytest.fixture
def masker() -> Iterator[Masker]:
    """Airflow's masker, with nothing registered yet."""
    with fresh_masker() as masker:
        yield masker


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return a function that makes an Airflow connection."""

    def make(conn_id: str, **fields: object) -> None:
        document = json.dumps({"conn_type": "generic"} | fields)
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", document)

    return make
