"""Whatever fault a write has, the task leaves exactly what is described.

The rows of a write mostly wait, so several are played at a time, each with its own sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Any

import pytest

from airflow_provider_segment.protocol.provisioning import creating, destination, subscription
from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.pytest_plugin import TOKEN
from airflow_provider_segment.sandbox.server import SandboxServer
from airflow_provider_segment.sandbox.settings import Settings
from airflow_provider_segment.sandbox.state.seed import load_seed
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.exactly_one.running import broken_rows, play
from tests.exactly_one.table import LAGGING, MERGE, REPLACE, Case, cases, table
from tests.exactly_one.writes import WRITES, Write
from tests.scale import SCALE

_AT_A_TIME = 12
_REPETITIONS = min(SCALE, 5)


class Sandboxes:
    """A pool of sandboxes, each used by one row at a time."""

    def __init__(self, stack: ExitStack) -> None:
        self._free: SimpleQueue[tuple[SegmentSandbox, str]] = SimpleQueue()
        for number in range(_AT_A_TIME):
            sandbox = Sandbox(token=TOKEN, seed=load_seed("empty"), settings=Settings(deliveries_per_minute=0))
            server = stack.enter_context(SandboxServer(sandbox=sandbox))
            self._free.put((SegmentSandbox(url=server.url, token=TOKEN), f"segment_table_{number}"))

    def play(self, case: Case) -> list[str]:
        """Play one row on the next free sandbox."""
        sandbox, conn_id = self._free.get()
        try:
            return play(case, sandbox, conn_id=conn_id)
        finally:
            self._free.put((sandbox, conn_id))

    def play_all(self, rows: list[Case]) -> list[str]:
        """Play rows, several at a time."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return [text for wrong in pool.map(self.play, rows) for text in wrong]


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        for number in range(_AT_A_TIME):
            patch.setenv(f"AIRFLOW_CONN_SEGMENT_TABLE_{number}", "")  # removed after the tests
        yield Sandboxes(stack)


@pytest.mark.parametrize("settings", [MERGE, REPLACE, LAGGING], ids=["merge", "replace", "lagging"])
@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
def test_after_every_fault_there_is_exactly_what_is_described(
    write: Write, settings: Mapping[str, Any], sandboxes: Sandboxes
) -> None:
    rows = list(cases(write, settings)) * _REPETITIONS
    print(f"{len(rows)} rows of {len(table()) * _REPETITIONS}: {write.name}, {dict(settings)}")  # noqa: T201
    assert sandboxes.play_all(rows) == []


def test_the_table_is_large_and_has_no_row_twice() -> None:
    rows = [str(case) for case in table()]
    assert len(set(rows)) == len(rows) >= 200


def test_without_checking_after_lost_responses_the_table_fails(
    sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test of the test."""

    def finds_nothing(*_: Any, **__: Any) -> Any:
        return None
        yield

    for module in (creating, destination, subscription):
        monkeypatch.setattr(module, "find_one", finds_nothing)
    rows = [case for case in cases(WRITES[0], MERGE) if case.kind.applied]
    assert broken_rows(sandboxes.play_all(rows)) == {str(case) for case in rows}
