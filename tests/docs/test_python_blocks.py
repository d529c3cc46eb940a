"""Blocks of Python: DAGs are parsed and run, tests run with their fixtures, other code is executed."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from airflow.models import DagBag
from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.docs.blocks import Block, run_blocks
from tests.docs.running_dags import run_dag, run_tasks
from tests.user_example.users_machine import documented_test

# Needs Airflow's database; `make wheel` runs it in a fresh environment.
OF_A_WHOLE_DAG = documented_test()
BLOCKS = [block for block in run_blocks("python") if block.code != OF_A_WHOLE_DAG]
DAGS = [block for block in BLOCKS if "DAG(" in block.code]


def for_this_airflow(block: Block) -> str:
    """Return the code; on Airflow 2.11, which has no ``airflow.sdk``, with other imports."""
    try:
        import airflow.sdk  # noqa: F401
    except ImportError:
        if "AssetWatcher" in block.code:
            pytest.skip("asset watchers came with Airflow 3")
        return block.code.replace("from airflow.sdk import", "from airflow.providers.common.compat.sdk import")
    return block.code


def executed(block: Block) -> dict[str, Any]:
    """Execute a block and return the names that it defines."""
    names: dict[str, Any] = {"__name__": "documentation"}
    exec(compile(for_this_airflow(block), str(block), "exec"), names)
    return names


@pytest.mark.parametrize("block", DAGS, ids=str)
def test_a_documented_dag_runs_all_its_tasks(block: Block, documented_segment: SegmentSandbox, tmp_path: Path) -> None:
    file = tmp_path / "documented.py"
    file.write_text(for_this_airflow(block))
    bag = DagBag(tmp_path)
    assert bag.import_errors == {}
    (dag,) = bag.dags.values()
    assert set(run_dag(dag, documented_segment)) == set(dag.task_ids)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block not in DAGS], ids=str)
def test_other_documented_code_runs(
    block: Block, documented_segment: SegmentSandbox, request: pytest.FixtureRequest
) -> None:
    names = executed(block)
    tasks = [value for value in names.values() if isinstance(value, BaseOperator)]
    run_tasks(tasks, documented_segment, {"workspace": "public_api_default"})
    tests = [value for name, value in names.items() if re.match("test_", name) and inspect.isfunction(value)]
    for test in tests:
        documented_segment.seed("empty")
        test(**{argument: request.getfixturevalue(argument) for argument in inspect.signature(test).parameters})


def test_there_are_several_blocks_of_each_kind() -> None:
    assert len(DAGS) >= 3
    assert len(BLOCKS) - len(DAGS) >= 8


def test_a_wrong_block_is_noticed(documented_segment: SegmentSandbox) -> None:
    wrong = "from airflow_provider_segment.hooks.segment import SegmentPublicApiHook\nSegmentPublicApiHook(conn_id='x')"
    with pytest.raises(TypeError, match="conn_id"):
        executed(Block(page="x.md", line=1, language="python", code=wrong))
