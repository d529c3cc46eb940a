"""Every outcome of a wait ends the task alike in every mode, and so does each of Airflow's sensor flags.

The rows mostly sleep, so several run at a time, each against its own sandbox.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from queue import SimpleQueue
from typing import Any

import pytest

from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.pytest_plugin import TOKEN
from airflow_provider_segment.sandbox.server import SandboxServer
from airflow_provider_segment.sandbox.settings import Settings
from airflow_provider_segment.sandbox.state.seed import load_seed
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.sensors.modes.outcomes import DESTINATION, FLAGS, Row, outcomes, table
from tests.sensors.modes.running import AIRFLOW_2, FIRST_STARTS, MODES, SUCCESS, Ended, run

_AT_A_TIME = 24
_SEED = {
    "destinations": [
        {
            "id": DESTINATION,
            "sourceId": "sandbox-web",
            "metadataId": "sandbox-analytics",
            "name": "Wanted",
            "settings": {"apiKey": "k"},
        }
    ]
}


class Sandboxes:
    """A pool of sandboxes; each serves one row at a time."""

    def __init__(self, stack: ExitStack) -> None:
        self._free: SimpleQueue[tuple[SegmentSandbox, str]] = SimpleQueue()
        for number in range(_AT_A_TIME):
            sandbox = Sandbox(token=TOKEN, seed=load_seed("empty"), settings=Settings(deliveries_per_minute=0))
            server = stack.enter_context(SandboxServer(sandbox=sandbox))
            self._free.put((SegmentSandbox(url=server.url, token=TOKEN), f"segment_modes_{number}"))

    def run_row(self, row: Row) -> Ended:
        """Run one row on the next free sandbox."""
        sandbox, conn_id = self._free.get()
        try:
            return run_row(row, sandbox, conn_id=conn_id)
        finally:
            self._free.put((sandbox, conn_id))

    def run_rows(self, rows: list[Row]) -> list[Ended]:
        """Run rows, several at a time."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return list(pool.map(self.run_row, rows))


def run_row(row: Row, sandbox: SegmentSandbox, *, conn_id: str) -> Ended:
    """Run one row of the table.

    :param row: the row.
    :param sandbox: used by this row only.
    """
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    connection = {"conn_type": "segment_public_api", "host": sandbox.url, "password": sandbox.token}
    os.environ[variable] = json.dumps(connection)
    sandbox.reset()
    sandbox.seed(_SEED)
    row.case.prepare(sandbox)
    arguments = {
        "task_id": "wait",
        "destination_id": DESTINATION,
        "source_id": "sandbox-web",
        "success_when": "successes >= 10",
        "fail_when": "failures > 0",
        "window": timedelta(hours=1),
        "segment_conn_id": conn_id,
        "poke_interval": 0.2,
        "timeout": row.timeout,
        **row.case.arguments(),
        **({} if row.flag == "none" else {row.flag: True}),
    }

    def between() -> None:
        if row.case.loses_connection:
            del os.environ[variable]

    return run(
        row.mode,
        lambda **mode: SegmentDeliveryMetricsSensor(**arguments | mode),
        between=between,
        name=str(row),
    )


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        for number in range(_AT_A_TIME):
            patch.setenv(f"AIRFLOW_CONN_SEGMENT_MODES_{number}", "")  # removed after the tests
        patch.setattr("airflow_provider_segment.protocol.delivery.schedule.MIN_INTERVAL", 0.2)
        patch.setattr("airflow_provider_segment.protocol.delivery.schedule._FAILURE_BACKOFF", (0.2, 0.4))
        if AIRFLOW_2:  # it reads the start of a rescheduled task from its database
            patch.setattr("airflow.sensors.base._orig_start_date", lambda **ids: FIRST_STARTS.get(ids["run_id"]))
        yield Sandboxes(stack)


def test_every_mode_ends_every_case_as_the_table_says(sandboxes: Sandboxes) -> None:
    rows = list(table())
    ended_rows = list(zip(rows, sandboxes.run_rows(rows), strict=True))
    wrong = [
        f"{row}: {ended.status} instead of {row.result}: {ended.message}"
        for row, ended in ended_rows
        if ended.status != row.result
    ]
    assert wrong == []
    for row, ended in ended_rows:
        if row.result == SUCCESS:
            evidence = ended.xcom
            assert evidence["conditions"] == {"successes >= 10": True, "failures > 0": False}, row
            assert evidence["metrics"]["successes"] == 10, row
            assert json.loads(json.dumps(evidence)) == evidence, row


def test_the_table_covers_every_mode_and_flag() -> None:
    rows = Counter(str(row) for row in table())
    assert set(rows.values()) == {1}
    assert len(rows) >= 350
    assert {(row.mode, row.flag) for row in table()} == {(mode, flag) for mode in MODES for flag in FLAGS}


def test_modes_differ_only_in_known_outcomes() -> None:
    assert {case.name for case in outcomes() if case.elsewhere} <= {"the connection is deleted"}


def test_a_sensor_that_accepts_any_event_as_success_fails_the_table(
    sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that the test above can fail."""

    def execute_complete(self: Any, context: Any, event: Any = None) -> Any:
        return event

    monkeypatch.setattr(SegmentDeliveryMetricsSensor, "execute_complete", execute_complete)
    rows = [row for row in table() if row.mode == "deferrable" and row.case.name in ("fails later", "never holds")]
    assert {ended.status for ended in sandboxes.run_rows(rows)} == {SUCCESS}
