"""Play one row of the table: run the real operators over sockets until the task succeeds."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from airflow_provider_segment.exceptions import SegmentAmbiguousWriteError, SegmentError, SegmentPartialFailureError
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.exactly_one.state import differences
from tests.exactly_one.table import LATE, RECONCILE_TIMEOUT, TIMEOUT, Case
from tests.exactly_one.writes import BYSTANDER
from tests.request_log import methods_of_writes
from tests.running import Running, TaskInstance

ROW_END = " -> "
TRIES = 4
"""The first try and three retries."""


def play(case: Case, sandbox: SegmentSandbox, *, conn_id: str) -> list[str]:
    """Play a row.

    :param sandbox: used by this row only.
    :param conn_id: connection to it.
    :return: violations of what is promised.
    """
    connect(sandbox, conn_id, budget=case.budget, timeout=TIMEOUT if case.kind.kind == "delay" else RECONCILE_TIMEOUT)
    sandbox.reset()
    sandbox.settings(subscription_write_limit_per_minute=None, **case.settings)
    sandbox.seed({"destinations": [BYSTANDER, *case.write.before]})
    sandbox.fault(case.kind.kind, method=case.write.method, path=case.write.path, times=case.times, **case.kind.details)
    try:
        result = _run_until_it_succeeds(case, conn_id)
    except (SegmentError, ValueError) as error:
        return [f"{case}{ROW_END}{error!r}"]
    if case.kind.kind == "late":
        time.sleep(LATE + 0.1)  # a repeated request may succeed before the late one is applied
    wrong = [*_wrong_in_journal(case, sandbox), *differences(sandbox.destinations, case.write.after)]
    if not wrong and case.write.repeatable:
        wrong = _wrong_in_further_run(case, sandbox, conn_id, result)
    return [f"{case}{ROW_END}{text}" for text in wrong]


def broken_rows(wrong: list[str]) -> set[str]:
    """Return the rows with violations."""
    return {text.partition(ROW_END)[0] for text in wrong}


def connect(sandbox: SegmentSandbox, conn_id: str, *, budget: float, timeout: float) -> None:
    """Set an Airflow connection to a sandbox."""
    extra = {"retry_budget": budget, "timeout": timeout}
    connection = {"conn_type": "segment_public_api", "host": sandbox.url, "password": sandbox.token, "extra": extra}
    os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(connection)


def run(case: Case, conn_id: str, *, try_number: int) -> Any:
    """Run the task once, with a new operator."""
    task = case.write.task({"task_id": "task", "segment_conn_id": conn_id})
    return Running().run(task, ti=TaskInstance(try_number=try_number))


def _run_until_it_succeeds(case: Case, conn_id: str) -> Any:
    for try_number in range(1, TRIES + 1):
        try:
            return run(case, conn_id, try_number=try_number)
        except SegmentError as error:
            unclear = isinstance(error, SegmentAmbiguousWriteError | SegmentPartialFailureError)
            permanent = not (error.transient or unclear)
            if permanent or try_number == TRIES:
                raise
    raise AssertionError("not reached")


def _wrong_in_journal(case: Case, sandbox: SegmentSandbox) -> list[str]:
    journal = sandbox.requests
    fired = [entry["fault"] for entry in journal if entry["fault"] is not None]
    posts = sum(entry["method"] == "POST" for entry in journal)
    wrong = []
    if set(fired) != {case.kind.kind} or len(fired) not in case.fires:
        wrong.append(f"met {fired} instead of {case.kind.kind} {case.fires} times")
    if posts != case.posts:
        wrong.append(f"{posts} POSTs instead of {case.posts}")
    return wrong


def _wrong_in_further_run(case: Case, sandbox: SegmentSandbox, conn_id: str, result: Any) -> list[str]:
    """Run the finished task again, not as a retry: it must write nothing."""
    time.sleep(case.settings.get("list_lag_seconds", 0.0))
    before = len(methods_of_writes(sandbox))
    connect(sandbox, conn_id, budget=5.0, timeout=RECONCILE_TIMEOUT)
    sandbox._send("DELETE", "faults")
    again = run(case, conn_id, try_number=1)
    if len(methods_of_writes(sandbox)) != before:
        return ["a further run writes again"]
    if case.write.creates and _id(again) != _id(result):
        return [f"a further run returns {_id(again)} after {_id(result)}"]
    return differences(sandbox.destinations, case.write.after)


def _id(result: Any) -> Any:
    if isinstance(result, Mapping) and "destinations" in result:
        return [one["destination_id"] for one in result["destinations"]]
    return result["destination_id"] if isinstance(result, Mapping) else result
