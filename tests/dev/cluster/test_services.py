"""The services run in a folder of their own, and nothing is left when their block ends, however it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from dev.cluster.__main__ import folder_for_data
from dev.cluster.programs import MissingProgramError, Programs, find_programs
from dev.cluster.services import running_postgresql, running_redis, running_sandbox
from dev.local_airflow.errors import LocalAirflowError
from tests.open_files import processes_writing_into

ROOT = Path(__file__).parents[3]

# Runs the two services until it is interrupted.
SERVICES = """
import signal, sys, time
from pathlib import Path
from dev.cluster.__main__ import stop
from dev.cluster.programs import find_programs
from dev.cluster.services import running_postgresql, running_redis
signal.signal(signal.SIGTERM, stop)
folder = Path(sys.argv[1])
for name in ("postgresql", "redis"):
    (folder / name).mkdir()
with running_postgresql(folder / "postgresql", find_programs()), running_redis(folder / "redis", find_programs()):
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def programs() -> Programs:
    try:
        return find_programs()
    except MissingProgramError as error:
        pytest.skip(str(error))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, as a Unix socket needs."""
    with folder_for_data(None) as folder:
        yield folder
        assert processes_in(folder) == []
    assert not folder.exists()


def processes_in(folder: Path) -> list[psutil.Process]:
    """Return the processes that use a folder; psutil names one that has ended meanwhile, too."""
    found = set(processes_writing_into(folder))
    found |= {process for process in psutil.process_iter() if str(folder) in " ".join(arguments(process))}
    return [process for process in found if process.is_running() and process.pid != os.getpid()]


def arguments(process: psutil.Process) -> list[str]:
    try:
        command: list[str] = process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
    return command


def test_postgresql_can_be_dumped_and_listens_on_its_socket_only(folder: Path, programs: Programs) -> None:
    with running_postgresql(folder, programs) as database:
        processes = processes_in(folder)
        connections = [found for process in processes for found in process.net_connections(kind="inet")]
        database.dump(folder / "all.sql")

    assert processes
    assert connections == []
    assert "PostgreSQL database dump" in (folder / "all.sql").read_text()


def test_redis_needs_its_password_and_records_what_it_gets(folder: Path, programs: Programs) -> None:
    def ask(*commands: str) -> str:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall("".join(f"{command}\r\n" for command in (*commands, "QUIT")).encode())
            return b"".join(iter(lambda: connection.recv(4096), b"")).decode()

    with running_redis(folder, programs) as url:
        parts = urlsplit(url)
        port, password = parts.port, parts.password
        assert "NOAUTH" in ask("SET key stolen")
        assert "NOAUTH" not in ask(f"AUTH {password}", "SET key recorded")
        listening = {
            found.laddr.ip
            for process in processes_in(folder)
            for found in process.net_connections(kind="inet")
            if found.status == psutil.CONN_LISTEN
        }

    assert listening == {"127.0.0.1"}
    recorded = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert b"recorded" in recorded
    assert b"stolen" not in recorded


def test_the_token_of_the_sandbox_is_not_an_argument(folder: Path) -> None:
    with running_sandbox(folder, token="a-token-for-this-test") as sandbox:
        assert sandbox.destinations == []
        commands = [" ".join(arguments(process)) for process in processes_in(folder)]

    assert any("airflow_provider_segment.sandbox" in command for command in commands)
    assert not any("a-token-for-this-test" in command for command in commands)


def test_services_end_with_an_error_in_their_block(folder: Path, programs: Programs) -> None:
    def fail_in_between() -> None:
        with running_postgresql(folder / "one", programs), running_redis(folder / "two", programs):
            assert processes_in(folder)
            raise RuntimeError("in between")

    for name in ("one", "two"):
        (folder / name).mkdir()
    with pytest.raises(RuntimeError, match="in between"):
        fail_in_between()


def test_a_service_that_does_not_start_is_an_error_with_its_log(folder: Path, programs: Programs) -> None:
    broken = Programs(postgresql=programs.postgresql, redis_server=Path("/bin/false"))
    with pytest.raises(LocalAirflowError, match="redis ended with exit code 1"), running_redis(folder, broken):
        pass


def test_services_end_with_sigterm(folder: Path, programs: Programs) -> None:
    command = [sys.executable, "-c", SERVICES, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert len(processes_in(folder)) > 2
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    for _ in range(100):
        if not processes_in(folder):
            break
        time.sleep(0.1)
