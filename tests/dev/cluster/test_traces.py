"""Secrets are found in the dumps of a real PostgreSQL, the broker's file, the logs and the journal."""

from __future__ import annotations

import base64
import subprocess
import zlib
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.cluster.__main__ import folder_for_data
from dev.cluster.programs import MissingProgramError, find_programs
from dev.cluster.services import DATABASE_USER, Database, running_postgresql
from dev.cluster.traces import Traces
from dev.secret_search import Search

SECRET = "cluster-key-0c3f5d7e9a1b2468"
KEY = Fernet.generate_key().decode()

STRINGS = {
    "plain": SECRET,
    "encrypted": Fernet(KEY).encrypt(SECRET.encode()).decode(),
    "base64": base64.b64encode(f"before {SECRET} after, and more".encode()).decode(),
}
BINARIES = {"binary": SECRET.encode(), "compressed": zlib.compress(SECRET.encode())}
ROWS = {name: (value, b"") for name, value in STRINGS.items()} | {name: ("", value) for name, value in BINARIES.items()}


def run_sql(database: Database, statement: str) -> None:
    psql = [str(database.programs / "psql"), "-qh", str(database.folder), "-U", DATABASE_USER, "postgres"]
    subprocess.run([*psql, "-v", "ON_ERROR_STOP=1", "-c", statement], check=True)


def search(traces: Traces, sandbox: SegmentSandbox) -> Search:
    search = Search({"key": SECRET})
    traces.search(search, sandbox)
    return search


@pytest.fixture(scope="module")
def postgresql() -> None:
    try:
        if not (find_programs().postgresql / "psql").exists():
            pytest.skip("psql is not installed")
    except MissingProgramError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("postgresql")
def test_a_row_that_is_gone_is_found_in_an_earlier_dump(segment_sandbox: SegmentSandbox) -> None:
    with folder_for_data(None) as folder:
        (folder / "postgresql").mkdir()
        with running_postgresql(folder / "postgresql", find_programs()) as database:
            traces = Traces(folder=folder, database=database, fernet_key=KEY)
            run_sql(database, "CREATE TABLE trigger (kwargs text, data bytea)")
            traces.dump("empty")
            assert search(traces, segment_sandbox).found == set()
            for name, (kwargs, data) in ROWS.items():
                run_sql(database, f"INSERT INTO trigger VALUES ('{kwargs}', '\\x{data.hex()}')")
                traces.dump(name)
                run_sql(database, "DELETE FROM trigger")
            traces.dump("deleted")
            found = search(traces, segment_sandbox)

    names = {place.rpartition("/")[2] for _, place in found.found}
    assert names == {f"{name}.sql" for name in ROWS}
    assert found.places["dumps of the database"] == 2 * len(names) + 4  # each with its log, which is empty


@pytest.mark.parametrize(
    "file", ["airflow/logs/dag_id=wait/attempt=1.log", "airflow/worker-1.log", "redis/appendonly.aof", "sandbox/x.log"]
)
def test_files_are_searched(tmp_path: Path, segment_sandbox: SegmentSandbox, file: str) -> None:
    traces = Traces(folder=tmp_path, database=Database(folder=tmp_path, programs=tmp_path), fernet_key=KEY)
    (tmp_path / file).parent.mkdir(parents=True)
    for content, is_found in (("nothing", False), (f'{{"event": "{SECRET}"}}', True)):
        (tmp_path / file).write_text(content)
        assert bool(search(traces, segment_sandbox).found) is is_found


def test_the_journal_is_searched(tmp_path: Path, segment_sandbox: SegmentSandbox) -> None:
    traces = Traces(folder=tmp_path, database=Database(folder=tmp_path, programs=tmp_path), fernet_key=KEY)
    requests.get(f"{segment_sandbox.url}/destinations/{SECRET}", timeout=10)

    assert search(traces, segment_sandbox).found == {("key", f"requests in the journal: /destinations/{SECRET}")}


def test_only_logs_of_tasks_count_as_reports(tmp_path: Path) -> None:
    traces = Traces(folder=tmp_path, database=Database(folder=tmp_path, programs=tmp_path), fernet_key=KEY)
    log = tmp_path / "airflow" / "logs" / "dag_id=wait" / "attempt=1.log"
    log.parent.mkdir(parents=True)
    log.write_text("two destinations: id-1, id-2")
    (tmp_path / "airflow" / "scheduler.log").write_text("id-3")

    assert traces.task_logs() == "two destinations: id-1, id-2"
