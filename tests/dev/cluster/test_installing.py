"""CI installs PostgreSQL and Redis if they are missing and if it can."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / ".ci" / "install-services"
PROGRAMS = ("redis-server", "initdb", "postgres", "pg_dump")

# Records its arguments, and installs if asked to.
APT_GET = """#!{bash}
echo "$*" >> {log}
if [ "$1" = install ]; then
    for name in {programs}; do {cp} {true} {folder}/$name; done
fi
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The only folder in the PATH: without PostgreSQL and Redis, and with another apt-get."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "dirname"):
        (folder / name).symlink_to(found(name))
    commands = {"bash": found("bash"), "cp": found("cp"), "true": found("true")}
    log, programs = tmp_path / "log", " ".join(PROGRAMS)
    executable(folder / "apt-get", APT_GET.format(**commands, log=log, programs=programs, folder=folder))
    return folder


def found(name: str) -> str:
    path = shutil.which(name)
    assert path is not None
    return path


def executable(file: Path, content: str) -> None:
    file.write_text(content)
    file.chmod(0o755)


def as_user(folder: Path, number: int) -> None:
    executable(folder / "id", f"#!{found('bash')}\necho {number}\n")


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": str(folder), "PYTHON": sys.executable}
    return subprocess.run([found("bash"), SCRIPT], env=environment, capture_output=True, text=True, check=False)


def test_root_installs_what_is_missing(folder: Path) -> None:
    as_user(folder, 0)

    done = run(folder)

    assert done.returncode == 0, done.stderr
    assert "Redis" in done.stderr
    update, install = (folder.parent / "log").read_text().splitlines()
    assert update.startswith("update")
    assert install.endswith("redis-server postgresql")


def test_nothing_is_installed_if_nothing_is_missing(folder: Path) -> None:
    as_user(folder, 0)
    for name in PROGRAMS:
        shutil.copy(found("true"), folder / name)

    done = run(folder)

    assert (done.returncode, done.stderr) == (0, "")
    assert not (folder.parent / "log").exists()


def test_a_user_who_can_not_install_gets_the_command(folder: Path) -> None:
    as_user(folder, 1000)

    done = run(folder)

    assert done.returncode == 1
    assert "apt-get install redis-server postgresql" in done.stderr
    assert not (folder.parent / "log").exists()


def test_sudo_is_used_if_it_asks_for_no_password(folder: Path) -> None:
    as_user(folder, 1000)
    executable(folder / "sudo", f'#!{found("bash")}\n[ "$1" = -n ] || exit 1\nshift\n"$@"\n')
    (folder / "true").symlink_to(found("true"))

    assert run(folder).returncode == 0
    assert (folder.parent / "log").exists()
