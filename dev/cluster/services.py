"""PostgreSQL, Redis and the sandbox in a folder that is deleted afterwards; they end with their block."""

from __future__ import annotations

import os
import pwd
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.cluster.programs import Programs
from dev.local_airflow.interrupts import uninterrupted
from dev.local_airflow.part import Part
from dev.local_airflow.ports import HOST, free_port

DATABASE_USER = "airflow"
_DATABASE = "postgres"  # the one that initdb creates
_START_SECONDS = 60
_STOP_SECONDS = 20
_CHECK_INTERVAL = 0.1
_LAST_USER_ID = 65534
"""The user without privileges that every Linux has."""


class Database:
    """A PostgreSQL server that listens on a Unix socket only.

    :param folder: the folder of the socket, which only its user and root can enter.
    :param programs: the folder with PostgreSQL's programs.
    """

    def __init__(self, *, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs

    def url(self, driver: str) -> str:
        """Return a URL for SQLAlchemy.

        :param driver: such as ``postgresql+psycopg2``.
        """
        return f"{driver}://{DATABASE_USER}@/{_DATABASE}?host={self.folder}"

    def dump(self, file: Path) -> None:
        """Write everything in the database into a file, as SQL.

        :param file: the file.
        """
        command = [
            str(self.programs / "pg_dump"),
            f"--host={self.folder}",
            f"--username={DATABASE_USER}",
            f"--dbname={_DATABASE}",
            f"--file={file}",
        ]
        _run("pg_dump", command, log_file=file.with_suffix(".log"))

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query.

        :param statement: SQL with a ``%s`` for each value.
        """
        # Not at the top: only the environment of the cluster has it.
        import psycopg2

        connection = psycopg2.connect(host=str(self.folder), user=DATABASE_USER, dbname=_DATABASE)
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(statement, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


@contextmanager
def running_postgresql(folder: Path, programs: Programs) -> Iterator[Database]:
    """Run a new PostgreSQL, as a user without privileges if this one is root.

    :param folder: an empty folder for its data and its log.
    :param programs: the installed programs.
    """
    user = _unprivileged_user()
    data, socket = folder / "data", folder / "socket"
    for path in (data, socket):
        path.mkdir(mode=0o700)
        if user is not None:
            os.chown(path, *user)
    initdb = [str(programs.postgresql / "initdb"), "-D", str(data), "-U", DATABASE_USER, "--encoding=UTF8"]
    _run("initdb", [*initdb, "--locale=C", "--auth=trust", "--no-sync"], log_file=folder / "initdb.log", user=user)
    # The data is not kept, so it need not survive a crash of the machine.
    settings = ["listen_addresses=", f"unix_socket_directories={socket}", "max_connections=200", "fsync=off"]
    options = [option for setting in settings for option in ("-c", setting)]
    with _running(
        "postgresql",
        [str(programs.postgresql / "postgres"), "-D", str(data), *options],
        log_file=folder / "postgresql.log",
        is_ready=lambda log: "ready to accept connections" in log,
        user=user,
        stop_signal=signal.SIGINT,  # which does not wait for clients
    ):
        yield Database(folder=socket, programs=programs.postgresql)


@contextmanager
def running_redis(folder: Path, programs: Programs) -> Iterator[str]:
    """Run a new Redis on 127.0.0.1, which records every write in a file; return its URL.

    :param folder: an empty folder for its data and its log.
    :param programs: the installed programs.
    """
    password, port = secrets.token_hex(16), free_port()
    settings = {
        "bind": HOST,
        "port": port,
        "requirepass": password,
        "dir": folder,
        "save": '""',
        # The search for secrets reads it, so it must hold every message that there ever was.
        "appendonly": "yes",
        "appendfsync": "no",
        "auto-aof-rewrite-percentage": 0,
    }
    file = folder / "redis.conf"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with _running(
        "redis",
        [str(programs.redis_server), str(file)],
        log_file=folder / "redis.log",
        is_ready=lambda log: "eady to accept connections" in log,
    ):
        yield f"redis://:{password}@{HOST}:{port}/0"


@contextmanager
def running_sandbox(folder: Path, *, token: str) -> Iterator[SegmentSandbox]:
    """Run an empty sandbox in its own process.

    :param folder: an empty folder for its log.
    :param token: its token.
    """
    log_file = folder / "sandbox.log"
    with _running(
        "sandbox",
        [sys.executable, "-m", "airflow_provider_segment.sandbox", "--port", "0", "--seed", "empty"],
        log_file=log_file,
        is_ready=lambda log: " ready on " in log,
        environment={"SEGMENT_SANDBOX_TOKEN": token, "PYTHONUNBUFFERED": "1"},
    ):
        yield SegmentSandbox(url=log_file.read_text().split(" ready on ")[1].split()[0], token=token)


@contextmanager
def _running(
    name: str,
    command: Sequence[str],
    *,
    log_file: Path,
    is_ready: Callable[[str], bool],
    environment: Mapping[str, str] | None = None,
    user: tuple[int, int] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Start a service, wait until its log says that it is ready, and end it with the block."""
    with uninterrupted():
        part = Part(
            name=name,
            command=command,
            environment=os.environ | {"LC_ALL": "C"} | dict(environment or {}),
            log_file=log_file,
            user=user,
            stop_signal=stop_signal,
        )
    try:
        until = time.monotonic() + _START_SECONDS
        while not is_ready(log_file.read_text(errors="replace")):
            part.check()
            if time.monotonic() > until:
                raise part.error(f"{name} is not ready after {_START_SECONDS} s")
            time.sleep(_CHECK_INTERVAL)
        yield
    finally:
        with uninterrupted():
            _stop(part)


def _stop(part: Part) -> None:
    part.terminate()
    until = time.monotonic() + _STOP_SECONDS
    while part.processes() and time.monotonic() < until:
        time.sleep(_CHECK_INTERVAL)
    part.kill()


def _run(name: str, command: Sequence[str], *, log_file: Path, user: tuple[int, int] | None = None) -> None:
    """Run a command to its end; raise an error with its output if it fails."""
    with uninterrupted():
        part = Part(name=name, command=command, environment=os.environ | {"LC_ALL": "C"}, log_file=log_file, user=user)
    try:
        part.finish(timeout=_START_SECONDS)
    finally:
        part.kill()


def _unprivileged_user() -> tuple[int, int] | None:
    """Return the user and group for PostgreSQL, which refuses to run as root; None if this user is not root."""
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam("postgres")
    except KeyError:
        found = pwd.getpwuid(_LAST_USER_ID)
    return found.pw_uid, found.pw_gid
