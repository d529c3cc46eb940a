from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import yaml
from packaging.requirements import Requirement

import airflow_provider_segment


def test_importing_the_package_imports_nothing_of_airflow() -> None:
    code = (
        "import sys, airflow_provider_segment as p; p.get_provider_info();"
        "print([m for m in sys.modules if m.split('.')[0] in ('airflow', 'requests', 'aiohttp', 'pendulum')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


PACKAGE = Path(airflow_provider_segment.__file__).parent
ROOT = Path(__file__).parents[1]
DISTRIBUTIONS = {
    "yaml": "pyyaml",
    "airflow": "apache-airflow",
    "attrs": "attrs",
    "flask_appbuilder": "apache-airflow",  # with Airflow 2.11, which alone asks for what imports it
    "openlineage": "apache-airflow-providers-openlineage",
    "wtforms": "apache-airflow",
}


def imported(source: str) -> Iterator[str]:
    """Yield the top-level modules that a source imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_every_imported_library_is_declared() -> None:
    modules = {module for path in PACKAGE.rglob("*.py") for module in imported(path.read_text())}
    libraries = modules - set(sys.stdlib_module_names) - {"airflow_provider_segment", "_typeshed"}
    declared = {Requirement(line).name for line in requires("airflow-provider-segment") or ()}
    assert {library for library in libraries if DISTRIBUTIONS.get(library, library) not in declared} == set()
    assert {"yarl", "multidict", "certifi", "starlette"} <= libraries


def test_the_workflow_installs_the_services_before_the_tests_that_need_them() -> None:
    """Without them, these tests are skipped."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    runs = [[step["run"] for step in job["steps"] if "run" in step] for job in workflow["jobs"].values()]
    assert len(runs) == 3
    needing = [run for run in runs if run[-1].endswith((" test", " cluster-quick"))]
    assert [run[0] for run in needing] == [".ci/install-services"] * 2


def test_the_actions_of_the_workflow_are_pinned_by_hash() -> None:
    workflows = ROOT.glob(".github/workflows/*.yml")
    uses = [line for path in workflows for line in path.read_text().splitlines() if "uses:" in line]
    assert uses
    assert [line for line in uses if not re.search(r"uses: [\w/-]+@[0-9a-f]{40}  # v\d", line)] == []
