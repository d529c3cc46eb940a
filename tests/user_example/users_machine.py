"""A user's machine: Airflow and the built wheel, without this repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class UsersMachine:
    """An environment with a project in it.

    :param folder: its folder.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Path of the interpreter."""
        return self.folder / "venv" / "bin" / "python"

    def write(self, path: str, content: str) -> None:
        """Write a file of the project."""
        file = self.folder / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def run(self, *arguments: str) -> str:
        """Run a Python module in the project, check that it succeeds, and return its output."""
        project = self.folder / "project"
        environment = {
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "AIRFLOW_HOME": str(self.folder / "airflow"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        }
        return checked([self.python, "-m", *arguments], cwd=project, env=environment)


def built(folder: Path) -> Path:
    """Build sdist and wheel, as ``make dist`` does, and return their folder."""
    checked([sys.executable, "-m", "hatchling", "build", "--directory", folder / "dist"], cwd=ROOT)
    return folder / "dist"


def made(folder: Path, *, airflow: str) -> UsersMachine:
    """Install the built wheel with its extra, an Airflow, and pytest."""
    machine = UsersMachine(folder=folder)
    (wheel,) = built(folder).glob("*.whl")
    checked([sys.executable, "-m", "venv", folder / "venv"])
    packages: list[str | Path] = [
        f"apache-airflow=={airflow}.*",
        f"{wheel}[sandbox]",
        "pytest",
        "pytest-xdist",
        "--constraint",
        ROOT / "constraints" / f"airflow-{airflow}.txt",
    ]
    try:
        checked([sys.executable, "-m", "uv", "pip", "install", "--python", machine.python, *packages])
    except AssertionError:  # pip is slower, but supports registry settings that uv does not
        checked([machine.python, "-m", "pip", "install", *packages])
    return machine


def checked(command: list[str | Path], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a command, check that it succeeds, and return its output."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


def documented_block(page: str, holding: str) -> str:
    """Return the only block of Python that holds a string.

    :param page: a path in the repository.
    :param holding: the string.
    """
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    (found,) = (block for block in blocks if holding in block)
    return str(found)


def documented_dag() -> str:
    """Return the DAG of the README."""
    return documented_block("README.md", 'DAG("provision_analytics"')


def documented_test() -> str:
    """Return the documented test of that DAG."""
    return documented_block("docs/testing.md", 'get_dag("provision_analytics")')
