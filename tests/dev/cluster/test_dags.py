"""The DAGs describe every destination once in each phase."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Any

import pytest

from dev.cluster import described
from dev.cluster.__main__ import DAGS
from dev.cluster.described import described_names
from dev.cluster.plan import FULL, QUICK

COUNT = 25


@pytest.fixture
def dags(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    if importlib.metadata.version("apache-airflow") < "3.3":
        pytest.skip("the cluster runs Airflow 3.3")
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv(described.VARIABLE, str(COUNT))
    bag = DagBag(DAGS)
    assert bag.import_errors == {}
    return dict(bag.dags)


def names(values: Sequence[Any]) -> list[str]:
    return [value["name"] if isinstance(value, dict) else value for value in values]


def test_every_phase_has_every_destination_once(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        found: list[str] = []
        for task in dag.tasks:
            expanded = task.expand_input.value
            found += expanded.get("name", []) or [name for fleet in expanded["destinations"] for name in names(fleet)]
        if dag.dag_id == "apply_by_mapping":
            assert found == described_names(COUNT).mapped
        elif dag.dag_id == "apply_by_fleet":
            assert found == [name for fleet in described_names(COUNT).fleets for name in fleet]
        else:
            assert sorted(found) == described_names(COUNT).all


def test_the_plan_names_phases_that_exist(dags: dict[str, Any]) -> None:
    assert {phase for phase, _, _ in (*FULL, *QUICK)} <= set(dags)


@pytest.mark.parametrize("count", [2, 3, 10, 25, 100, 1000])
def test_the_names_are_distinct_and_shared_by_both_ways(count: int) -> None:
    names = described_names(count)

    assert len(set(names.all)) == len(names.all) == count
    assert len(names.mapped) == count // 2
    assert all(1 <= len(fleet) <= described.FLEET_SIZE for fleet in names.fleets)
