"""The README's test in a fresh environment; slow, so it has its own marker (``make wheel``)."""

from __future__ import annotations

import json

import pytest

from airflow_provider_segment import __version__
from airflow_provider_segment.provider_info import PROVIDER_INFO
from tests.user_example.users_machine import UsersMachine, documented_dag, documented_test, made

pytestmark = pytest.mark.fresh_environment

IN_PARALLEL = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_workers_do_not_meet(segment_sandbox, number):
    mine = {"id": str(number), "sourceId": "sandbox-web", "metadataId": "sandbox-analytics"}
    segment_sandbox.seed({"destinations": [mine]})
    for _ in range(50):
        assert [found["id"] for found in segment_sandbox.destinations] == [str(number)]
"""


@pytest.fixture(scope="module", params=["3.3", "2.11"])
def machine(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> UsersMachine:
    machine = made(tmp_path_factory.mktemp("users_machine"), airflow=request.param)
    dag = documented_dag()
    if request.param == "2.11":  # as the comment in the DAG says
        dag = dag.replace("from airflow.sdk import DAG", "from airflow import DAG")
    machine.write("dags/provision_analytics.py", dag)
    machine.write("tests/test_provision_analytics.py", documented_test())
    machine.run("airflow", "db", "migrate")
    return machine


def test_the_environment_has_nothing_of_this_repository(machine: UsersMachine) -> None:
    listed = json.loads(machine.run("pip", "list", "--format", "json", "--disable-pip-version-check"))
    names = {package["name"] for package in listed}

    assert {"airflow-provider-segment", "apache-airflow", "starlette", "uvicorn"} <= names
    assert not {"blockbuster", "hatchling", "hypothesis", "mypy", "ruff", "trustme"} & names
    assert not any("editable_project_location" in package for package in listed)


def test_airflow_lists_the_provider_and_its_parts(machine: UsersMachine) -> None:
    shown = machine.run("airflow", "providers", "get", "airflow-provider-segment", "--full", "--output", "json")
    (provider,) = json.loads(shown[shown.index("[{") :])

    assert provider["package-name"] == "airflow-provider-segment"
    assert provider["versions"] == [__version__]
    assert not PROVIDER_INFO.keys() - provider.keys()


def test_the_documented_test_of_the_readmes_dag_passes(machine: UsersMachine) -> None:
    assert "1 passed" in machine.run("pytest", "-p", "no:cacheprovider", "tests")


def test_the_readmes_test_passes_in_parallel(machine: UsersMachine) -> None:
    machine.write("tests/test_parallel.py", IN_PARALLEL)

    assert "7 passed" in machine.run("pytest", "-p", "no:cacheprovider", "-n", "2", "tests")
