"""The DAGs describe every destination once in each phase."""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from operator import itemgetter
from typing import Any

import pytest

from airflow_provider_segment.sandbox.decisions import MAX_INSTANCES as INSTANCES
from dev.cluster import described
from dev.cluster.__main__ import DAGS
from dev.cluster.described import FLEET_SIZE, described_destinations
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


def test_every_phase_has_every_destination_once(dags: dict[str, Any]) -> None:
    described = described_destinations(COUNT)
    in_fleets = [one for fleet in described.fleets for one in fleet]
    expected = {"apply_by_mapping": described.mapped, "apply_by_fleet": in_fleets}

    for dag in dags.values():
        found = [one for task in dag.tasks for one in expanded(task)]
        assert sorted(found, key=itemgetter("name")) == expected.get(dag.dag_id, described.all)


def expanded(task: Any) -> list[dict[str, str]]:
    """Return the name and source of each destination of a mapped task."""
    value = task.expand_input.value
    found = [one for fleet in value["destinations"] for one in fleet] if isinstance(value, dict) else value
    return [{"name": one["name"], "source": one["source"]} for one in found]


def test_the_plan_names_phases_that_exist(dags: dict[str, Any]) -> None:
    assert {phase for phase, _, _ in (*FULL, *QUICK)} <= set(dags)


@pytest.mark.parametrize("count", [2, 3, 10, 25, 100, 1000])
def test_the_destinations_are_distinct_and_few_on_each_source(count: int) -> None:
    described = described_destinations(count)

    assert len({one["name"] for one in described.all}) == len(described.all) == count
    assert len(described.mapped) == count // 2
    assert all(1 <= len(fleet) <= FLEET_SIZE for fleet in described.fleets)
    assert max(Counter(one["source"] for one in described.all).values()) <= INSTANCES
