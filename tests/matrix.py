"""The tests on every Airflow and Python: ``make test-matrix``.

Each cell makes an environment, which stays for the next time. An interpreter that this machine does not have is passed
over, and said so. Pinned are the environments of ``make test`` alone: here the newest versions are taken that resolve,
or the oldest that are allowed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = ROOT / ".venv-matrix"
OWN_TESTS = ["--ignore=tests/official_client", "--ignore=tests/dev/local_airflow", "--ignore=tests/ui"]
"""What needs more than Python, or Airflow 3.3, is not run here; ``make test`` does."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One environment.

    :param airflow: its minor version.
    :param python: the interpreter's.
    :param versions: ``newest``, or ``lowest`` for the oldest our own requirements allow.
    """

    airflow: str
    python: str
    versions: str = "newest"

    @property
    def name(self) -> str:
        """As the folder and the table say it."""
        return f"airflow-{self.airflow}-python-{self.python}-{self.versions}"

    @property
    def environment(self) -> Path:
        """Where it is made."""
        return ENVIRONMENTS / self.name


# Neither Airflow 3.0 nor 2.11 is for Python 3.13.
CELLS = [
    *(Cell("3.3", python) for python in ("3.11", "3.12", "3.13")),
    *(Cell(airflow, python) for airflow in ("3.0", "2.11") for python in ("3.11", "3.12")),
    Cell("3.3", "3.11", "lowest"),
    Cell("2.11", "3.11", "lowest"),
]
CONSOLE = Console()


def uv(*arguments: str | Path) -> bool:
    """Run uv, and say whether it went well; what it says is shown where it did not."""
    command: list[str | Path] = [sys.executable, "-m", "uv", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        CONSOLE.print(done.stderr[-3000:], markup=False)
    return done.returncode == 0


def make(cell: Cell) -> bool:
    """Make the environment of a cell, unless it is there."""
    stamp = cell.environment / ".installed"
    if stamp.exists() and stamp.stat().st_mtime >= (ROOT / "pyproject.toml").stat().st_mtime:
        return True
    shutil.rmtree(cell.environment, ignore_errors=True)
    resolution = "lowest-direct" if cell.versions == "lowest" else "highest"
    interpreter = cell.environment / "bin" / "python"
    installed = uv("venv", "--quiet", "--python", interpreter_of(cell.python), cell.environment) and uv(
        "pip",
        "install",
        "--quiet",
        "--python",
        interpreter,
        "--resolution",
        resolution,
        f"apache-airflow=={cell.airflow}.*",
        "--editable",
        ".[dev]",
    )
    if installed:
        stamp.touch()
    return installed


def interpreter_of(python: str) -> str:
    """Find an interpreter: on the path, or uv knows where; none is downloaded."""
    return shutil.which(f"python{python}") or python


def has(python: str) -> bool:
    """Say whether this machine has an interpreter."""
    found = subprocess.run(
        [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", python],
        capture_output=True,
        check=False,
    )
    return found.returncode == 0


def play(cell: Cell, arguments: list[str]) -> str:
    """Run the tests in a cell, and say how it went."""
    if not has(cell.python):
        return "passed over: no such Python here"
    if not make(cell):
        return "FAILED to make its environment"
    CONSOLE.rule(cell.name)
    command: list[str | Path] = [
        cell.environment / "bin" / "pytest",
        "-n",
        "auto",
        "--dist",
        "worksteal",
        *OWN_TESTS,
        *arguments,
    ]
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | {"VIRTUAL_ENV": ""}, check=False).returncode
    return "passed" if ended == 0 else f"FAILED: pytest ended with {ended}"


def main() -> int:
    """Play all cells that are asked for, and show how each went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="cells whose name holds this text, as airflow-3.0 or lowest")
    parser.add_argument("arguments", nargs="*", help="for pytest; by default all tests")
    asked = parser.parse_args()
    went = {cell.name: play(cell, asked.arguments) for cell in CELLS if asked.only in cell.name}
    table = Table("environment", "tests")
    for name, how in went.items():
        table.add_row(name, how)
    CONSOLE.print(table)
    return any(how.startswith("FAILED") for how in went.values())


if __name__ == "__main__":
    raise SystemExit(main())
