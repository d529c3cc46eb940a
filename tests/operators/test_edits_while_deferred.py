"""Spec files that change while the task that applies them is deferred: it plans again, as a retry does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.exceptions import SegmentPartialFailureError, SegmentPruneLimitError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.transport.gates import forget_all
from airflow_provider_segment.triggers import rate_limit
from airflow_provider_segment.workspace.problems import WorkspaceFilesError
from tests.operators.deferred_workspace import KEY, described, empty, entries, made, workspace, write
from tests.operators.deferring import Triggerer, triggerer
from tests.running import Running, TaskInstance

__all__ = ["empty", "triggerer"]

DuringFirstWait: TypeAlias = Callable[[Callable[[], Any]], None]


@pytest.fixture
def during_first_wait(triggerer: Triggerer, monkeypatch: pytest.MonkeyPatch) -> DuringFirstWait:
    """Return a function that has something done while the task waits for the first time."""

    def register(act: Callable[[], Any]) -> None:
        left, sleep = [act], triggerer.sleep

        async def sleep_and_act(seconds: float) -> None:
            await sleep(seconds)
            if left:
                left.pop()()

        monkeypatch.setattr(rate_limit, "_sleep", sleep_and_act)

    return register


def one_file(file: Path, **arguments: Any) -> SegmentApplyDestinationOperator:
    return SegmentApplyDestinationOperator(task_id="apply", path=str(file), deferrable=True, **arguments)


def write_environment(folder: Path) -> Path:
    file = folder / "environments" / "prod.yaml"
    file.parent.mkdir()
    file.write_text("variables: {}\n")
    return file


def test_removals_are_limited_together(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    tmp_path: Path,
) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    folder = write(tmp_path, described("B", 8), described("C", 8))
    running.run(workspace(folder, deferrable=False))
    segment_sandbox.settings(subscription_write_limit_per_minute=5)
    write(folder, described("A", 1), *(described(name, subscriptions=entries(8, enabled=False)) for name in "BC"))
    gone = [{**one, "removed": True} for one in entries(8)]
    during_first_wait(lambda: write(folder, *(described(name, subscriptions=gone) for name in "BC")))
    instance = TaskInstance()
    with pytest.raises(AirflowFailException, match="but max_prune is 10") as caught:
        triggerer.run(running, lambda: workspace(folder, max_prune=10), ti=instance)
    error = caught.value.__cause__
    assert isinstance(error, SegmentPartialFailureError)
    assert isinstance(error.__cause__, SegmentPruneLimitError)
    assert "destination 'A' (A.yaml, " in str(error)
    assert error.summary is not None
    assert error.summary["results"] == {"failed": 1, "skipped": 2}
    assert instance.xcoms["return_value"] == error.summary
    assert {name: len(names) for name, names in made(segment_sandbox).items()} == {"A": 0, "B": 8, "C": 8}


def test_an_edit_of_a_destination_that_was_as_described_is_applied(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    tmp_path: Path,
) -> None:
    folder = write(tmp_path, described("Kept", 0))
    running.run(workspace(folder, deferrable=False))
    write(folder, described("New", 6))
    during_first_wait(lambda: write(folder, described("Kept", 0, enabled=False)))
    summary = triggerer.run(running, lambda: workspace(folder))
    assert {one["name"]: one["result"] for one in summary["destinations"]}["Kept"] == "changed"
    assert {one["name"]: one["enabled"] for one in segment_sandbox.destinations} == {"Kept": False, "New": True}


def test_the_workspace_is_checked_again(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    tmp_path: Path,
) -> None:
    folder = write(tmp_path, described("A", 6), described("B", 1))
    environment = write_environment(folder)
    during_first_wait(lambda: environment.write_text("workspace_id: another\n"))
    with pytest.raises(AirflowFailException, match="workspace_id in the environment is another"):
        triggerer.run(running, lambda: workspace(folder, environment="prod"))
    assert set(made(segment_sandbox)) <= {"A"}


def test_what_is_stored_tells_nothing_about_settings(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, tmp_path: Path
) -> None:
    folder = write(tmp_path, described("A", 6))
    triggerer.run(running, lambda: workspace(folder))
    stored = triggerer.triggers[-1]
    assert len(stored["state"]["progress"]["described"]) == 8  # 32 bits
    assert KEY not in str(stored)


def test_a_rate_limit_after_the_last_write_loses_no_result(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The list that shows whether the created destination is the only one is limited."""
    folder = write(tmp_path, described("A", 2))
    monkeypatch.setattr("airflow_provider_segment.transport.requests_driver.time.sleep", lambda _: forget_all())
    limit: dict[str, Any] = {"method": "GET", "path": "/sources/*/connected-destinations", "retryAfter": 50}
    during_first_wait(lambda: segment_sandbox.fault("rate_limit", **limit, times=1))
    summary = triggerer.run(running, lambda: one_file(folder / "A.yaml"))
    assert (summary["created"], summary["differs"]) == (True, True)
    assert [one["result"] for one in summary["subscriptions"]] == ["created", "created"]


def _unknown_key(folder: Path) -> None:
    write(folder, described("C", 0, colour="red"))


def _bad_yaml(folder: Path) -> None:
    (folder / "C.yaml").write_text("source: [\n")


def _no_environment(folder: Path) -> None:
    (folder / "environments" / "prod.yaml").unlink()


def _bad_environment(folder: Path) -> None:
    (folder / "environments" / "prod.yaml").write_text("color: red\n")


def _no_folder(folder: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (_unknown_key, r"C\.yaml:\d+: .*'colour'"),
        (_bad_yaml, r"C\.yaml:\d+: the file is not valid YAML"),
        (_no_environment, "environments: unknown environment 'prod'"),
        (_bad_environment, r"environments/prod\.yaml:1: .*'color'"),
        (_no_folder, "spec: there is no such folder or file"),
    ],
)
def test_an_invalid_edit_fails_with_what_was_done(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    edit: Callable[[Path], None],
    problem: str,
) -> None:
    folder = write(tmp_path / "spec", described("A", 0), described("B", 6), described("C", 0))
    write_environment(folder)
    during_first_wait(lambda: edit(folder))
    instance = TaskInstance()
    with pytest.raises(AirflowFailException, match=problem) as raised:
        triggerer.run(running, lambda: workspace(folder, environment="prod"), ti=instance)

    ids = {one["name"]: one["id"] for one in segment_sandbox.destinations}
    assert set(ids) == {"A", "B"}
    error = raised.value.__cause__
    assert isinstance(error, SegmentPartialFailureError)
    summary = error.summary
    assert summary is not None
    assert summary["results"] == {"created": 1, "failed": 1, "skipped": 1}
    a, b, c = summary["destinations"]
    assert (a["path"], a["name"], a["destination_id"], a["result"]) == ("A.yaml", "A", ids["A"], "created")
    assert (b["destination_id"], b["error"]) == (ids["B"], "interrupted after the task had created 1 destination")
    assert (c["destination_id"], c["result"]) == (None, "skipped")
    assert f"destination 'A' (A.yaml, {ids['A']}): created" in str(error)
    assert f"destination 'B' (B.yaml, {ids['B']}): interrupted" in str(error)
    assert instance.xcoms["return_value"] == summary
    log = capsys.readouterr()
    assert "done: 1 created, 1 failed, 1 skipped" in log.out + log.err


def test_an_invalid_edit_before_anything_was_written_is_reported_as_such(
    running: Running, segment_sandbox: SegmentSandbox, triggerer: Triggerer, during_first_wait: DuringFirstWait,
    tmp_path: Path,
) -> None:  # fmt: skip
    folder = write(tmp_path, described("A", 0))
    segment_sandbox.fault("rate_limit", method="GET", path="/sources", retryAfter=40, times=1)
    during_first_wait(lambda: _bad_yaml(folder))
    with pytest.raises(AirflowFailException, match=r"C\.yaml:2: the file is not valid YAML") as raised:
        triggerer.run(running, lambda: workspace(folder))
    assert isinstance(raised.value.__cause__, WorkspaceFilesError)


def test_an_entry_whose_file_is_removed_fails_with_what_was_done(
    running: Running, triggerer: Triggerer, during_first_wait: DuringFirstWait, tmp_path: Path
) -> None:
    folder = write(tmp_path, described("A", 0), described("B", 6))
    files = [{"path": str(folder / f"{name}.yaml")} for name in "AB"]
    during_first_wait((folder / "B.yaml").unlink)
    with pytest.raises(AirflowFailException, match=r"B\.yaml: there is no such file.*\(A\.yaml, \w+\): created"):
        triggerer.run(running, lambda: workspace(folder, path=None, destinations=files))


@pytest.mark.parametrize(("edit", "problem"), [(_bad_yaml, "C.yaml:2: the file is not"), (_no_folder, "no such")])
def test_an_invalid_edit_of_one_file_fails_with_what_was_done(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    edit: Callable[[Path], None],
    problem: str,
) -> None:
    folder = write(tmp_path / "spec", described("C", 6))
    during_first_wait(lambda: edit(folder))
    tasks: list[SegmentApplyDestinationOperator] = []

    def make() -> SegmentApplyDestinationOperator:
        tasks.append(one_file(folder / "C.yaml"))
        return tasks[-1]

    instance = TaskInstance()
    with pytest.raises(AirflowFailException, match=problem) as raised:
        triggerer.run(running, make, ti=instance)
    (destination,) = segment_sandbox.destinations
    error = raised.value.__cause__
    assert isinstance(error, SegmentPartialFailureError)
    assert f"destination 'C' (C.yaml, {destination['id']}): interrupted after the task had created 1 d" in str(error)
    assert error.summary is not None
    assert error.summary["results"] == {"failed": 1}
    log = capsys.readouterr()
    assert "done: 1 failed" in log.out + log.err
    assert instance.xcoms["return_value"] == error.summary
    assert instance.xcoms["results"] == {"failed": 1}
    assert (tasks[-1].resolved_source_id, tasks[-1].resolved_destination_id) == ("sandbox-web", destination["id"])


def test_an_edit_of_one_file_that_removes_too_much_fails_with_what_was_done(
    running: Running,
    segment_sandbox: SegmentSandbox,
    triggerer: Triggerer,
    during_first_wait: DuringFirstWait,
    tmp_path: Path,
) -> None:
    folder = write(tmp_path, described("C", 3))
    triggerer.run(running, lambda: one_file(folder / "C.yaml"))
    write(folder, described("C", enabled=False, subscriptions=entries(3, enabled=False)))
    gone = [{**one, "removed": True} for one in entries(3)]
    during_first_wait(lambda: write(folder, described("C", subscriptions=gone)))
    instance = TaskInstance()
    with pytest.raises(AirflowFailException, match=r"3 objects would be removed \(C\.yaml\), but max") as raised:
        triggerer.run(running, lambda: one_file(folder / "C.yaml", max_prune=2), ti=instance)
    error = raised.value.__cause__
    assert isinstance(error, SegmentPartialFailureError)
    assert isinstance(error.__cause__, SegmentPruneLimitError)
    assert "interrupted after the task had changed or removed 1 object" in str(error)
    assert instance.xcoms["return_value"] == error.summary


def test_too_many_removals_without_a_wait_raise_the_error_about_the_limit(
    running: Running, triggerer: Triggerer, tmp_path: Path
) -> None:
    folder = write(tmp_path, described("C", 3))
    triggerer.run(running, lambda: one_file(folder / "C.yaml"))
    write(folder, described("C", subscriptions=[{**one, "removed": True} for one in entries(3)]))
    with pytest.raises(SegmentPruneLimitError):
        triggerer.run(running, lambda: one_file(folder / "C.yaml", max_prune=2))
