"""The example DAGs, as far as this Airflow can read them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "example_dags"

UNREADABLE = set() if find_spec("airflow.sdk") else {FOLDER / "segment_asset_watcher.py"}
"""Airflow 2.11 has no watchers of assets."""

EXAMPLES = sorted(set(FOLDER.glob("*.py")) - UNREADABLE)
