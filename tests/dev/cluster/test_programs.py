"""PostgreSQL and Redis are found, or the error says how to install them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.cluster import programs
from dev.cluster.__main__ import main
from dev.cluster.programs import MissingProgramError, find_programs

POSTGRESQL = ("initdb", "postgres", "pg_dump")


def install(folder: Path, *names: str) -> Path:
    """Put executable files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_newest_version_is_used(tmp_path: Path) -> None:
    for version in ("9", "15", "16"):
        install(tmp_path / "debian" / version / "bin", *POSTGRESQL)
    install(tmp_path / "debian" / "17" / "bin", "pg_dump")  # the client alone
    path = install(tmp_path / "bin", "redis-server")

    found = find_programs(path=str(path), debian=tmp_path / "debian")

    assert found.postgresql == tmp_path / "debian" / "16" / "bin"
    assert found.redis_server == path / "redis-server"


def test_programs_in_the_path_are_found(tmp_path: Path) -> None:
    path = install(tmp_path / "bin", *POSTGRESQL, "redis-server")

    assert find_programs(path=str(path), debian=tmp_path / "none").postgresql == path


def test_a_link_in_the_path_is_followed(tmp_path: Path) -> None:
    """Some systems link a few of the programs only."""
    real = install(tmp_path / "real", *POSTGRESQL)
    path = install(tmp_path / "bin", "redis-server")
    (path / "initdb").symlink_to(real / "initdb")

    assert find_programs(path=str(path), debian=tmp_path / "none").postgresql == real


@pytest.mark.parametrize(
    ("installed", "missing"),
    [
        ((), "PostgreSQL and Redis are not installed"),
        (POSTGRESQL, "Redis is not installed"),
        (("redis-server",), "PostgreSQL is not installed"),
        (("redis-server", "initdb"), "PostgreSQL is not installed"),
    ],
)
def test_the_error_says_what_to_install(tmp_path: Path, installed: tuple[str, ...], missing: str) -> None:
    path = install(tmp_path / "bin", *installed)

    with pytest.raises(MissingProgramError) as error:
        find_programs(path=str(path), debian=tmp_path / "none")

    assert str(error.value).startswith(missing)
    assert str(error.value).endswith("run: apt-get install redis-server postgresql")


def test_the_command_fails_with_this_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "DEBIAN", tmp_path)

    assert main(["--quick"]) == 1
    assert programs.main() == 1

    first, second = capsys.readouterr().err.splitlines()
    assert first == f"make cluster failed: {second}"
    assert "apt-get install redis-server postgresql" in second
