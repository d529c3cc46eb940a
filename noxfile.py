"""Run the tests on every supported Airflow and Python: ``make test-matrix``.

``make test`` uses the pinned versions in ``constraints/``; a session here resolves the newest versions of all
dependencies, or the lowest that ``pyproject.toml`` allows. Sessions whose interpreter is not installed are skipped.

List the sessions, or run some of the tests in one of them::

    .venv/bin/nox --list
    .venv/bin/nox --tags airflow-2.11 --pythons 3.12 -- tests/operators -q
"""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False

NOT_IN_MATRIX = ["tests/official_client", "tests/dev/local_airflow", "tests/ui"]
"""Tests that need Node.js or Airflow 3.3; ``make test`` and ``make live`` run them."""


def cell(airflow: str, python: str, versions: str = "newest") -> object:
    """Return the parameters of one session.

    :param airflow: minor version of Airflow.
    :param python: minor version of Python.
    :param versions: ``newest``, or ``lowest`` for the lowest versions of our direct dependencies.
    """
    name = f"airflow-{airflow}-python-{python}-{versions}"
    return nox.param(airflow, python, versions, id=name, tags=[f"airflow-{airflow}", versions])


CELLS = [
    cell("3.3", "3.11"),
    cell("3.3", "3.12"),
    cell("3.3", "3.13"),
    # Airflow 3.0 and 2.11 do not support Python 3.13.
    cell("3.0", "3.11"),
    cell("3.0", "3.12"),
    cell("2.11", "3.11"),
    cell("2.11", "3.12"),
    cell("3.3", "3.11", "lowest"),
    cell("2.11", "3.11", "lowest"),
]


@nox.session
@nox.parametrize(["airflow", "python", "versions"], CELLS)
def tests(session: nox.Session, airflow: str, versions: str) -> None:
    """Run all tests, or pytest with the arguments after --."""
    resolution: list[str] = []
    if versions == "lowest":
        if session.venv_backend != "uv":
            session.skip("only uv resolves the lowest versions")
        resolution = ["--resolution", "lowest-direct"]
    session.install(*resolution, f"apache-airflow=={airflow}.*", "--editable", ".[dev]")
    ignored = [f"--ignore={path}" for path in NOT_IN_MATRIX]
    session.run("pytest", "-n", "auto", "--dist", "worksteal", *ignored, *session.posargs)
