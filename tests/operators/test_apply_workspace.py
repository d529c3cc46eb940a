"""The operators that apply spec files, against the sandbox."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.exceptions import SegmentDriftError, SegmentPartialFailureError, SegmentPruneLimitError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.workspace import SegmentApplyWorkspaceOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.secrets import SecretRef
from airflow_provider_segment.workspace.destinations import load_destinations
from airflow_provider_segment.workspace.writer import write_yaml
from tests.request_log import methods_of_writes
from tests.running import Running, TaskInstance

TRACK: dict[str, Any] = {"name": "Track", "action": "trackEvent", "trigger": 'type = "track"'}
KEY = "0123456789abcdef"


def described(name: str, **changes: Any) -> dict[str, Any]:
    return {"source": "sandbox-web", "type": "sandbox-analytics", "name": name, "subscriptions": [TRACK], **changes}


def write(folder: Path, files: dict[str, Any]) -> Path:
    for path, value in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(write_yaml(value))
    return folder


def workspace(**arguments: Any) -> SegmentApplyWorkspaceOperator:
    return SegmentApplyWorkspaceOperator(task_id="apply", **arguments)


@pytest.fixture(autouse=True)
def empty(segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed("empty")


def test_a_folder_is_applied_and_then_as_described(
    running: Running, segment_sandbox: SegmentSandbox, tmp_path: Path, read_log: Callable[[], str]
) -> None:
    write(tmp_path, {"web/a.yaml": described("A"), "b.yaml": described("B", enabled=False)})

    summary = running.run(workspace(path=str(tmp_path)))
    text = read_log()

    made = {one["name"]: one["id"] for one in segment_sandbox.destinations}
    assert summary == {
        "differs": True,
        "results": {"created": 2},
        "destinations": [
            {"path": "b.yaml", "name": "B", "destination_id": made["B"], "result": "created", "error": None},
            {"path": "web/a.yaml", "name": "A", "destination_id": made["A"], "result": "created", "error": None},
        ],
        "unsupplied_secrets": [],
    }
    assert "1 of 2: destination 'B' (b.yaml)" in text
    assert "2 of 2: destination 'A' (web/a.yaml)" in text
    assert "done: 2 created" in text
    written = len(methods_of_writes(segment_sandbox))
    again = running.run(workspace(path=str(tmp_path)))
    assert (again["differs"], again["results"]) == (False, {"kept": 2})
    assert len(methods_of_writes(segment_sandbox)) == written


def test_a_long_list_of_undescribed_destinations_is_cut_off(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running.run(workspace(destinations=[described(f"Old {number}", subscriptions=[]) for number in range(25)]))
    capsys.readouterr()

    running.run(workspace(destinations=[described("New", subscriptions=[])], on_drift="report"))

    (line,) = [
        line
        for line in capsys.readouterr().out.splitlines()
        if "25 other destinations of the described sources" in line
    ]
    assert (line.count("Old"), " and 5 more" in line) == (20, True)


def test_the_log_says_how_long_it_takes(running: Running, tmp_path: Path, read_log: Callable[[], str]) -> None:
    entries = [{**TRACK, "name": f"Track {number}"} for number in range(7)]
    write(tmp_path, {"a.yaml": described("A", subscriptions=entries)})

    running.run(workspace(path=str(tmp_path), on_drift="report"))
    assert (
        "plan: 1 created; applying it takes 7 subscription writes, about 1 minute at Segment's limit of 5" in read_log()
    )


def test_descriptions_in_the_dag_file_can_refer_to_secrets(
    running: Running, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps({"conn_type": "generic", "password": KEY}))
    entry = described("{{ params.name }}", settings={"apiKey": SecretRef("partner"), "region": "${NOT_A_VARIABLE}"})

    summary = running.run(workspace(destinations=[entry]), params={"name": "A"})

    (made,) = segment_sandbox.destinations
    assert (made["name"], made["settings"]["region"]) == ("A", "${NOT_A_VARIABLE}")
    assert made["settings"]["apiKey"].endswith(KEY[-4:])
    assert summary["destinations"][0]["path"] == "destinations[0]"
    assert KEY not in str(summary)


LITERAL = "settings['secretKey']: set to a literal, but declared as a password in Segment's catalog"


def test_a_literal_password_is_one_warning(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"a.yaml": described("A", settings={"apiKey": KEY, "secretKey": "a-secret-key"})})

    for _ in ("created", "kept"):
        running.run(workspace(path=str(tmp_path)))
        text = capsys.readouterr().out
        assert text.count("SecretRef") == 1
        assert f"destination 'A' (a.yaml): {LITERAL}; anyone who can read the file can read it; write {{$secret" in text
        assert "a-secret-key" not in text


def test_a_reference_or_a_template_for_a_password_is_no_warning(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_log: Callable[[], str]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps({"conn_type": "generic", "password": KEY}))
    write(tmp_path, {"a.yaml": described("A", settings={"secretKey": {"$secret": "partner"}})})
    entries = [
        described("B", settings={"secretKey": SecretRef("partner")}),
        described("C", settings={"secretKey": "{{ params.key }}"}),
    ]
    running.run(workspace(path=str(tmp_path)))
    running.run(workspace(destinations=entries), params={"key": KEY})
    running.run(workspace(destinations="{{ params.all }}"), params={"all": json.dumps([entries[1] | {"name": "D"}])})

    assert "a literal" not in read_log()
    running.run(workspace(destinations=[described("E", settings={"secretKey": KEY})]))
    assert f"destination 'E' (destinations[0]): {LITERAL}" in read_log()


CODE = "settings['access_code']: set to a literal, but declared as a password in Segment's catalog"


def identify(name: str, code: Any) -> dict[str, Any]:
    return {"name": name, "action": "identifyUser", "trigger": 'type = "identify"', "settings": {"access_code": code}}


def test_a_literal_password_of_a_subscription_is_one_warning(
    running: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"a.yaml": described("A", subscriptions=[TRACK, identify("One", "a-secret-code")])})

    for task in (workspace(path=str(tmp_path)), apply_file(tmp_path / "a.yaml")):
        running.run(task)
        text = capsys.readouterr().out
        assert text.count("SecretRef") == 1
        assert f"(a.yaml): subscription 'One': {CODE}; anyone who can read the file can read it; write {{$sec" in text
        assert "a-secret-code" not in text


def test_a_reference_or_a_template_for_a_password_of_a_subscription_is_no_warning(
    running: Running,
    segment_sandbox: SegmentSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_log: Callable[[], str],
) -> None:
    segment_sandbox.settings(subscription_write_limit_per_minute=None)
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps({"conn_type": "generic", "password": KEY}))
    referring = identify("One", {"$secret": "partner"})
    write(tmp_path, {"a.yaml": described("A", subscriptions=[referring, identify("Two", {"@path": "$.code"})])})
    entries = [
        described("B", subscriptions=[identify("One", SecretRef("partner"))]),
        described("C", subscriptions=[TRACK, identify("One", "{{ params.key }}")]),
    ]
    running.run(workspace(path=str(tmp_path)))
    running.run(workspace(destinations=entries[:1]))
    running.run(workspace(destinations=entries[1:]), params={"key": KEY})
    running.run(workspace(destinations="{{ params.all }}"), params={"all": json.dumps([entries[1] | {"name": "D"}])})

    assert "a literal" not in read_log()
    subscriptions = [identify("One", "{{ params.key }}"), identify("Two", KEY)]
    running.run(workspace(destinations=[described("E", subscriptions=subscriptions)]), params={"key": KEY})
    text = read_log()
    assert f"destination 'E' (destinations[0]): subscription 'Two': {CODE}" in text
    assert "subscription 'One': settings" not in text


def test_a_template_that_renders_to_nothing_does_not_delete_a_secret(running: Running) -> None:
    running.run(workspace(destinations=[described("A", settings={"apiKey": KEY})]))

    with pytest.raises(SegmentPartialFailureError, match=r"settings\['apiKey'\] was rendered as an empty string"):
        running.run(workspace(destinations=[described("A", settings={"apiKey": "{{ '' }}"})]))


def test_environment_secrets_and_what_is_not_compared(
    running: Running,
    segment_sandbox: SegmentSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_log: Callable[[], str],
) -> None:
    """The environment names the connection to Segment; a secret without a connection is listed, never just equal."""
    connection = {"conn_type": "segment_public_api", "password": segment_sandbox.token, "host": segment_sandbox.url}
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_PROD", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT", json.dumps({**connection, "password": "wrong"}))
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps({"conn_type": "generic", "password": KEY}))
    settings = {"apiKey": {"$secret": "key"}, "region": "${REGION}"}
    environment = {"connection": "segment_prod", "variables": {"REGION": "eu"}, "secrets": {"key": "partner"}}
    write(tmp_path, {"a.yaml": described("A", settings=settings), "environments/prod.yaml": environment})
    task: Any = {"path": str(tmp_path), "environment": "prod"}

    running.run(workspace(**task))
    assert segment_sandbox.destinations[0]["settings"]["region"] == "eu"

    monkeypatch.delenv("AIRFLOW_CONN_PARTNER")
    summary = running.run(workspace(**task))
    assert (summary["differs"], summary["unsupplied_secrets"]) == (False, ["key"])
    assert "1 secret was not supplied, so it was not compared: key" in read_log()


def test_the_entries_of_load_destinations_can_be_passed(
    running: Running, segment_sandbox: SegmentSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER", json.dumps({"conn_type": "generic", "password": KEY}))
    settings = {"apiKey": {"$secret": "key"}, "region": "${REGION}"}
    environment = {"variables": {"REGION": "eu"}, "secrets": {"key": "partner"}}
    write(tmp_path, {"web/a.yaml": described("A", settings=settings), "environments/prod.yaml": environment})
    write(tmp_path, {"b.yaml": described("B")})
    entries: list[dict[str, Any]] = load_destinations(tmp_path, environment="prod")

    summary = running.run(workspace(destinations=[*entries, described("C")]))

    assert [(one["path"], one["result"]) for one in summary["destinations"]] == [
        ("b.yaml", "created"),
        ("web/a.yaml", "created"),
        ("destinations[2]", "created"),
    ]
    regions = {one["name"]: one["settings"].get("region") for one in segment_sandbox.destinations}
    assert (regions["A"], sorted(regions)) == ("eu", ["A", "B", "C"])
    before = len(segment_sandbox.requests)
    with pytest.raises(ValueError, match="describes the same destination"):
        running.run(workspace(destinations=[*entries, entries[0]]))
    assert len(segment_sandbox.requests) == before


def test_every_problem_of_the_entries_is_reported(running: Running, tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": described("A", nme="x"), "b.yaml": described("B"), "environments/dev.yaml": {}})
    entries: list[dict[str, Any]] = load_destinations(tmp_path)
    missing = {"path": str(tmp_path / "c.yaml")}
    with pytest.raises(ValueError, match="unknown key 'nme'") as raised:
        running.run(workspace(destinations=[*entries, missing, {"path": str(tmp_path)}]))
    assert "c.yaml: there is no such file" in str(raised.value)
    assert "it is a folder; list its files" in str(raised.value)


def test_entries_of_two_connections_are_an_error(
    running: Running, segment_sandbox: SegmentSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {"conn_type": "segment_public_api", "password": segment_sandbox.token, "host": segment_sandbox.url}
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_NAMED", json.dumps(connection))
    for name in ("dev", "prod"):
        files = {f"{name}.yaml": described(name), f"environments/{name}.yaml": {"connection": f"segment_{name}"}}
        write(tmp_path, files)
    entries = [{"path": str(tmp_path / f"{name}.yaml"), "environment": name} for name in ("dev", "prod")]
    with pytest.raises(ValueError, match="have different values for connection: segment_dev, segment_prod"):
        running.run(workspace(destinations=entries))
    summary = running.run(workspace(destinations=entries, segment_conn_id="segment_named"))
    assert summary["results"] == {"created": 2}


def test_what_no_retry_can_mend_is_not_retried(segment_sandbox: SegmentSandbox, tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": described("A"), "b.yaml": described("B", source="sandbox-wep")})
    task = workspace(path=str(tmp_path))
    with pytest.raises(AirflowFailException, match="1 of 2 destinations failed"):
        inspect.unwrap(type(task).execute)(task, {})

    segment_sandbox.fault("status", status=409, method="POST", path="/destinations", times=None)
    write(tmp_path, {"c.yaml": described("C")})
    with pytest.raises(SegmentPartialFailureError, match="2 of 3 destinations failed"):
        inspect.unwrap(type(task).execute)(task, {})


@pytest.mark.parametrize("on_error", ["continue", "stop"])
def test_failures_are_collected_and_reported_by_name(
    running: Running, segment_sandbox: SegmentSandbox, tmp_path: Path, on_error: str
) -> None:
    write(
        tmp_path,
        {"a.yaml": described("A"), "b.yaml": described("B", source="sandbox-wep"), "c.yaml": described("C")},
    )
    with pytest.raises(SegmentPartialFailureError) as raised:
        running.run(workspace(path=str(tmp_path), on_error=on_error))

    error = raised.value
    stopped = on_error == "stop"
    rest = ", and 2 were skipped" if stopped else ""
    assert str(error).startswith(f"1 of 3 destinations failed{rest}: destination 'B' (b.yaml): there is no source")
    assert error.summary is not None
    assert [one["result"] for one in error.summary["destinations"]] == (
        ["skipped", "failed", "skipped"] if stopped else ["created", "failed", "created"]
    )
    assert [one["name"] for one in segment_sandbox.destinations] == ([] if stopped else ["A", "C"])


def test_a_retry_goes_on_where_an_earlier_try_stopped(
    running: Running, segment_sandbox: SegmentSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {"conn_type": "segment_public_api", "password": segment_sandbox.token, "host": segment_sandbox.url}
    short = json.dumps({**connection, "extra": {"timeout": 1, "reconcile_timeout": 1}})
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT", short)
    write(tmp_path, {f"{name}.yaml": described(name) for name in "abc"})
    segment_sandbox.fault("status", status=422, method="POST", path="/destinations", times=1)
    with pytest.raises(SegmentPartialFailureError):
        running.run(workspace(path=str(tmp_path)))
    assert len(segment_sandbox.destinations) == 2

    summary = running.run(workspace(path=str(tmp_path)), ti=TaskInstance(try_number=2))

    assert summary["results"] == {"kept": 2, "created": 1}
    assert sorted(one["name"] for one in segment_sandbox.destinations) == ["a", "b", "c"]


def test_drift_is_reported_or_fails_and_nothing_is_written(
    running: Running, segment_sandbox: SegmentSandbox, tmp_path: Path
) -> None:
    write(tmp_path, {"a.yaml": described("A"), "b.yaml": described("B")})
    running.run(workspace(path=str(tmp_path)))
    assert running.run(workspace(path=str(tmp_path), on_drift="fail"))["differs"] is False
    write(tmp_path, {"a.yaml": described("A", enabled=False)})
    written = len(methods_of_writes(segment_sandbox))

    report = running.run(workspace(path=str(tmp_path), on_drift="report"))
    assert (report["differs"], report["results"]) == (True, {"changed": 1, "kept": 1})
    ti = TaskInstance()
    with pytest.raises(SegmentDriftError, match=r"1 of 2 destinations differ: destination 'A' \(a.yaml\)"):
        running.run(workspace(path=str(tmp_path), on_drift="fail"), ti=ti)
    assert ti.xcoms["return_value"] == report  # Airflow pushes it only for a task that succeeds
    ti = TaskInstance()
    with pytest.raises(SegmentDriftError):
        running.run(workspace(path=str(tmp_path), on_drift="fail", do_xcom_push=False), ti=ti)
    assert "return_value" not in ti.xcoms
    assert len(methods_of_writes(segment_sandbox)) == written


def test_removals_are_limited(running: Running, segment_sandbox: SegmentSandbox, tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": described("A"), "b.yaml": described("B")})
    running.run(workspace(path=str(tmp_path)))
    write(tmp_path, {"a.yaml": described("A", removed=True), "b.yaml": described("B", removed=True)})

    with pytest.raises(SegmentPruneLimitError):
        running.run(workspace(path=str(tmp_path), max_prune=1))
    assert running.run(workspace(path=str(tmp_path)))["results"] == {"removed": 2}
    assert segment_sandbox.destinations == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "exactly one of path and destinations must be set; neither is"),
        ({"path": "x", "destinations": []}, "exactly one of path and destinations must be set; both are"),
        ({"destinations": [], "environment": "prod"}, "environment requires path"),
        ({"destinations": 5}, "destinations is of type int; it must be a list of dicts"),
        ({"destinations": "x"}, "destinations is a string that is not JSON"),
        ({"destinations": ["x"]}, r"destinations\[0\]: is a string that is not JSON"),
        (
            {"destinations": [described("A", nme="x")]},
            r"destinations\[0\]: nme: unknown key 'nme'; did you mean 'name'",
        ),
        ({"destinations": [{"path": ""}]}, r"destinations\[0\]: path is empty"),
        ({"destinations": [{"path": "a.yaml", "enviroment": "prod"}]}, r"unknown key 'enviroment'; did you mean"),
        ({"destinations": [described("A"), described("A")]}, r"destinations\[0\] describes the same destination"),
        ({"destinations": [described("A", settings={"a": {5: 1}})]}, r"has the key 5; keys must be strings"),
        ({"path": "x", "on_error": "ignore"}, "on_error is 'ignore'; it must be one of 'continue', 'stop'"),
        ({"path": "x", "on_drift": "ignore"}, "on_drift is 'ignore'"),
        ({"path": "x", "max_prune": -1}, "max_prune is -1"),
    ],
)
def test_invalid_arguments_raise_when_the_dag_is_parsed(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        workspace(**arguments)


def test_invalid_files_raise_with_every_problem(
    running: Running, segment_sandbox: SegmentSandbox, tmp_path: Path
) -> None:
    write(tmp_path, {"a.yaml": described("A", nme="x"), "b.yaml": {"source": "x"}})
    with pytest.raises(ValueError, match=r"a.yaml:\d+: nme: unknown key 'nme'[^$]*b.yaml:1: 'type' is missing"):
        running.run(workspace(path=str(tmp_path)))
    assert segment_sandbox.requests == []


def apply_file(path: Path, **arguments: Any) -> SegmentApplyDestinationOperator:
    return SegmentApplyDestinationOperator(task_id="apply", path=str(path), **arguments)


def test_one_file_is_applied(running: Running, segment_sandbox: SegmentSandbox, tmp_path: Path) -> None:
    settings = {"region": "${REGION}"}
    files = {"web/a.yaml": described("A", settings=settings), "environments/prod.yaml": {"variables": {"REGION": "eu"}}}
    write(tmp_path, {**files, "web/broken.yaml": {"source": 5}})
    task: Any = {"path": tmp_path / "web/a.yaml", "environment": "prod", "name": "web/a"}

    summary = running.run(apply_file(**task))

    (made,) = segment_sandbox.destinations
    assert (made["name"], made["settings"]["region"]) == ("A", "eu")
    assert (summary["destination_id"], summary["created"]) == (made["id"], True)
    assert [one["result"] for one in summary["subscriptions"]] == ["created"]
    assert running.run(apply_file(**task, on_drift="fail"))["created"] is False
    write(tmp_path, {"web/a.yaml": described("A", settings=settings, enabled=False)})
    with pytest.raises(SegmentDriftError, match="in 1 place: enabled is true, expected false"):
        running.run(apply_file(**task, on_drift="fail"))
    write(tmp_path, {"web/a.yaml": described("A", settings=settings, removed=True)})
    assert running.run(apply_file(**task))["destination_id"] == made["id"]
    assert segment_sandbox.destinations == []


def test_one_file_that_fails_raises_its_own_error(running: Running, tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": described("A", type="sandbox-analitics"), "b.yaml": described("B")})
    with pytest.raises(ValueError, match="there is no type with the slug or id 'sandbox-analitics'"):
        running.run(apply_file(tmp_path / "a.yaml"))
    with pytest.raises(ValueError, match="a folder; pass one spec file"):
        running.run(apply_file(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"settings": {}}, "path can't be combined with settings"),
        ({"source_id": "x", "subscriptions": []}, "path can't be combined with source_id, subscriptions"),
        ({"prune_subscriptions": True}, "path can't be combined with prune_subscriptions"),
    ],
)
def test_a_file_describes_the_whole_destination(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        apply_file(Path("a.yaml"), **arguments)
    with pytest.raises(ValueError, match="environment requires path"):
        SegmentApplyDestinationOperator(
            task_id="x", source_id="a", metadata_id="b", name="n", settings={}, environment="prod"
        )
